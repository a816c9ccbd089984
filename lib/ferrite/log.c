// SPDX-License-Identifier: MIT
// Lines to the kernel's debug console.
#include <abi/syscalls.h>
#include <ferrite/log.h>
#include <ferrite/path.h>
#include <ferrite/start.h>
#include <ferrite/libc.h>

void fe_log(const char *format, ...)
{
    fe_handle debug = fe_start_handle("debug");
    if (debug == FE_NO_HANDLE) debug = fe_start_handle("resource/debug");
    if (debug == FE_NO_HANDLE) return;
    char line[256];
    const char *program = fe_start_argument(0);
    size_t size = fe_format(line, sizeof line - 1, "%s: ", program ? fe_path_last(program) : "?");
    va_list arguments;
    va_start(arguments, format);
    size += fe_format_list(line + size, sizeof line - 1 - size, format, arguments);
    va_end(arguments);
    line[size++] = '\n';
    [[maybe_unused]] enum status status = fe_debug_write(debug, line, size);
}
