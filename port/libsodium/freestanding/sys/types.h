// SPDX-License-Identifier: MIT
// Stands in for the C library's header where there is none: the compiled files include it by habit.

#pragma once

#include <stddef.h>
