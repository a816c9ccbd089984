// SPDX-License-Identifier: MIT
// A machine that cannot be started as it is, or with what it was given: one line says why, and it
// stops, so that the line can be read. That is no panic: the kernel is not to blame.
#include "kernel/log.h"
#include <arch/arch.h>

void boot_refuse(const char *format, ...)
{
    char line[200];
    va_list arguments;
    va_start(arguments, format);
    log_format(line, sizeof line, format, arguments);
    va_end(arguments);
    log_set_quiet(false);
    log_set_patient(false);
    log_print("cannot start: %s\n", line);
    arch_halt();
}
