// SPDX-License-Identifier: MIT
// Between a boot protocol and the instruction set: what a protocol may use before the kernel has an
// allocator, and where it goes when the machine is described.
#pragma once

#include <abi/bootinfo.h>
#include <stddef.h>

// Zeroed memory for ever, 16-aligned, for tables of struct bootinfo. Panics when there is none
// left.
void *boot_allocate(size_t size);

// A protocol whose translator runs before the kernel's own entry, in the environment of a loader or
// firmware, leaves a block in memory and enters the image as protocol raw does, wherever it lies,
// with the block's physical address for that of the DTB (x86_64: at enter_long). All addresses in
// it are physical; the map is within it. One piece, page-aligned. A translator that could neither
// go on nor say why leaves that to the kernel, as `fault`.
enum : uint32_t { HANDOVER_MAGIC = 0x6f48'6546, HANDOVER_PROTOCOL = 16, HANDOVER_FAULT = 48 };
struct handover {
    uint32_t magic;
    uint32_t size; // of all, big-endian, at the place where a DTB has it
    char protocol[HANDOVER_PROTOCOL];
    char fault[HANDOVER_FAULT]; // empty: none
    struct bootinfo info;       // without protocol, kernel and boot CPU
};

static inline uint64_t handover_size(const struct handover *handover)
{
    return __builtin_bswap32(handover->size);
}

// How much of memory a DTB takes, by its header.
static inline uint64_t boot_dtb_size(const void *dtb)
{
    return __builtin_bswap32(((const uint32_t *)dtb)[1]);
}

// boot/raw/<isa>/leave.S: leaves the loader's environment and enters the kernel, whose `size` bytes
// were copied to `kernel`, a boundary of 2 MiB. Both are mapped as they are.
[[noreturn]] void handover_leave(uint64_t kernel, uint64_t size, uint64_t boot_cpu, uint64_t block);

// Whether that is what lies there.
static inline bool handover_is(const struct handover *handover)
{
    return handover->magic == HANDOVER_MAGIC && handover_size(handover) >= sizeof *handover;
}

// As raw_bootinfo of a DTB (boot/raw/raw.h).
struct bootinfo *handover_bootinfo(uint64_t at, uint64_t kernel_base, uint64_t kernel_size,
                                   uint64_t boot_cpu);

// The portable kernel. All of RAM that `info` lists (but what is reserved) is mapped by now.
[[noreturn]] void kernel_main(const struct bootinfo *info);
