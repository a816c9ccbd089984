// SPDX-License-Identifier: MIT
// Between a boot protocol and the instruction set: what a protocol may use before the kernel has an
// allocator, and where it goes when the machine is described.
#pragma once

#include <abi/bootinfo.h>
#include <stddef.h>

// Zeroed memory for ever, 16-aligned, for tables of struct bootinfo. Panics when there is none
// left.
void *boot_allocate(size_t size);

// The portable kernel. All of RAM that `info` lists (but what is reserved) is mapped by now.
[[noreturn]] void kernel_main(const struct bootinfo *info);
