// SPDX-License-Identifier: MIT
// PAE's three levels of tables: a top of four entries, each for 1 GiB. An entry has no bits for a
// count of what is in use in the table behind it: that is in the references of the table's page,
// beyond the one that holds it.
#pragma once

#include "arch/paged/kernel/count.h"

enum : uint32_t { TABLE_TOP = 2, TABLE_TOP_ENTRIES = 4, TABLE_USER_TOPS = 2 };
enum : uint64_t { TABLE_TOP_LINK = TABLE_PRESENT }; // others are reserved in the top
