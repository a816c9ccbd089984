// SPDX-License-Identifier: MIT
// Between the boot protocols of x86 and the kernel's start: the memory map as it is put together,
// and memory for tables before the page allocator runs. Only the low 4 GiB are mapped then.
#pragma once

#include <abi/bootinfo.h>
#include <stddef.h>

// Appends a range to the map, rounded inward to whole pages if it is RAM and outward if not.
void boot_memory_add(struct bootinfo *info, uint64_t base, uint64_t size,
                     enum boot_memory_kind kind);

// Gives the part of RAM that the range covers another kind.
void boot_memory_claim(struct bootinfo *info, uint64_t base, uint64_t size,
                       enum boot_memory_kind kind);

// Zeroed pages out of RAM below 4 GiB, kernel memory in the map from then on. The kernel's and the
// initrd's place must be in `info`. Stops the machine when there is none.
void *boot_memory_take(struct bootinfo *info, size_t size);

// Gives pages that were taken back to RAM.
void boot_memory_return(struct bootinfo *info, uint64_t base, uint64_t size);
