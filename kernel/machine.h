// SPDX-License-Identifier: MIT
// What the kernel was told about the machine as a whole.
#pragma once

// The DTB's model or ACPI's; `name` stays valid for ever.
void machine_set_name(const char *name);
