// SPDX-License-Identifier: MIT
// What the kernel was told about the machine as a whole, and who has its debug console.
#pragma once

// The DTB's model or ACPI's; `name` stays valid for ever.
void machine_set_name(const char *name);

struct process;

// `process` is dead: a debug console that it claimed is the kernel's again.
void machine_forget(const struct process *process);
