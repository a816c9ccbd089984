// SPDX-License-Identifier: MIT
// For tests of translators: memory in which a test lays a loader's structures out, and what x86's
// half would do. A test includes the translator's file, then this.
#pragma once

#include "arch/x86/boot.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum : uint32_t { SAMPLE_BASE = 0x10'0000, SAMPLE_SIZE = 0x4000 };

static uint8_t sample[SAMPLE_SIZE];
static uint32_t sample_used;
static char sample_refusal[200]; // empty: it was started
static struct boot_memory sample_range[64];
static uint32_t sample_range_count;
static jmp_buf sample_end;

// Puts bytes down; their address.
[[maybe_unused]] static uint32_t sample_put(const void *bytes, size_t size)
{
    sample_used = (sample_used + 7) & ~7u;
    memcpy(sample + sample_used, bytes, size);
    sample_used += (uint32_t)size;
    return SAMPLE_BASE + sample_used - (uint32_t)size;
}

[[maybe_unused]] static bool sample_tells(uint64_t base, uint64_t size, enum boot_memory_kind kind)
{
    for (uint32_t i = 0; i < sample_range_count; i++) {
        const struct boot_memory *range = &sample_range[i];
        if (range->base == base && range->size == size && range->kind == kind) return true;
    }
    return false;
}

static void sample_range_note(struct bootmap_listener *, struct boot_memory range)
{
    if (sample_range_count < sizeof sample_range / sizeof *sample_range)
        sample_range[sample_range_count++] = range;
}

void boot_begin(struct bootinfo *) {}

void boot_refuse(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sample_refusal, sizeof sample_refusal, format, arguments);
    va_end(arguments);
    longjmp(sample_end, 1);
}

const void *boot_at(uint64_t physical, uint64_t size, const char *what)
{
    if (physical < SAMPLE_BASE || physical - SAMPLE_BASE > SAMPLE_SIZE ||
        size > SAMPLE_SIZE - (physical - SAMPLE_BASE))
        boot_refuse("%s is out of reach", what);
    return sample + (physical - SAMPLE_BASE);
}

uint64_t boot_text_size(uint64_t physical, const char *what)
{
    uint64_t size = 0;
    while (*(const char *)boot_at(physical + size, 1, what) != '\0') size++;
    return size + 1;
}

void boot_tell(const struct bootinfo *, struct bootmap_listener *) {}

void boot_start(struct bootinfo *, const struct bootmap_source *source)
{
    struct bootmap_listener listener = {sample_range_note};
    source->tell(source, &listener);
    longjmp(sample_end, 1);
}

// Runs a translator with what the loader leaves in registers. True: the machine was started.
static bool sample_run(void (*start)(uint32_t magic, uint32_t at), uint32_t magic, uint32_t at)
{
    sample_refusal[0] = '\0';
    sample_range_count = 0;
    if (setjmp(sample_end) == 0) start(magic, at);
    return sample_refusal[0] == '\0';
}

// The same over memory that is all a fuzzer's: the information is where its data begin.
[[maybe_unused]] static void sample_feed(void (*start)(uint32_t magic, uint32_t at), uint32_t magic,
                                         const uint8_t *data, size_t size)
{
    if (size > SAMPLE_SIZE) return;
    memset(sample, 0, sizeof sample);
    memcpy(sample, data, size);
    (void)sample_run(start, magic, SAMPLE_BASE);
}
