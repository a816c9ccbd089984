// SPDX-License-Identifier: MIT
// The ring of the kernel's log. Positions count bytes since boot, so a reader knows what it missed.
// Everything also goes to the debug console, if there is one and nobody else has claimed it.
#include "kernel/log.h"
#include "kernel/device/device.h"
#include "kernel/string.h"

enum : uint32_t { RING_SIZE = 1u << 16, LINE_SIZE = 256 };
static char ring[RING_SIZE];
static uint64_t end;
static bool is_quiet;

void log_set_quiet(bool quiet)
{
    is_quiet = quiet;
}

void log_write(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) ring[end++ % RING_SIZE] = text[i];
    if (debug_console != nullptr && !is_quiet) debug_console->write(text, (uint32_t)size);
}

void log_print(const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    size_t size = log_format(line, sizeof line, format, arguments);
    va_end(arguments);
    log_write(line, size < sizeof line ? size : sizeof line - 1);
}

uint64_t log_end(void)
{
    return end;
}

size_t log_copy(uint64_t *position, char *to, size_t size)
{
    uint64_t oldest = end > RING_SIZE ? end - RING_SIZE : 0;
    if (*position < oldest) *position = oldest;
    if (*position > end) *position = end;
    size_t available = (size_t)(end - *position);
    if (size > available) size = available;
    for (size_t i = 0; i < size; i++) to[i] = ring[(*position)++ % RING_SIZE];
    return size;
}
