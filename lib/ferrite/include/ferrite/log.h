// SPDX-License-Identifier: MIT
// Text without a C library. fe_format knows %s %.*s %c %d %u %x %p %% with l, ll, z, and widths
// with 0.
#pragma once

#include <stdarg.h>
#include <stddef.h>

// Always ends `buffer` with NUL (size > 0); returns the length without it, at most size - 1.
[[gnu::format(printf, 3, 4)]] size_t fe_format(char *buffer, size_t size, const char *format, ...);
size_t fe_format_list(char *buffer, size_t size, const char *format, va_list arguments);

// One line to the kernel's debug console, when the program was given the handle "debug" (or
// "resource/debug"); else to nowhere. The line gets the program's name in front and a newline.
[[gnu::format(printf, 1, 2)]] void fe_log(const char *format, ...);
