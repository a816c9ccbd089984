// SPDX-License-Identifier: MIT
// The load: processes that keep the kernel at its longest operations until they are killed.
#pragma once

#include <guest/guest.h>

enum : uint32_t { LOAD_COUNT = 9 };

// Starts one of each; their handles are the caller's.
enum status load_start(struct fe_child child[static LOAD_COUNT]);

// What a process in the given role does; returns only when it fails, or was told to do nothing.
int load_run(const char *role);
