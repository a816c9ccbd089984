// SPDX-License-Identifier: MIT
// The debug console of a PC.
#pragma once

#include <acpi/acpi.h>

// At the place that firmware tells of, or nullptr: the first of the PC's four usual ports where a
// chip answers. False when there is none, or another chip.
bool console_open(const struct acpi_console *where);
