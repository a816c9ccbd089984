// SPDX-License-Identifier: MIT
// Words of the kernel's command line. They switch on what only tests want, so in a release image
// there are none, whatever the line says.
#pragma once

#include <abi/bootinfo.h>

// Whether the line has the word.
bool option_has(const struct bootinfo *info, const char *word);

// The hexadecimal number behind `name`, which ends with =; 0 when the line does not have it.
uint64_t option_number(const struct bootinfo *info, const char *name);
