// SPDX-License-Identifier: MIT
// Between the boot protocols of x86 and the kernel's start. A protocol's translator calls
// boot_begin, fills struct bootinfo, and ends in boot_start. Until then what lies below boot_reach
// is mapped as arch_physical_to_virtual says.
#pragma once

#include <abi/bootinfo.h>
#include <stddef.h>
#include "kernel/memory/bootmap.h"

// The end of the physical addresses that entry code maps.
extern const uint64_t boot_reach;

// Prepares for panics: an early console. Tells `info` the kernel's place and this processor.
void boot_begin(struct bootinfo *info);

// What lies at a physical address, as the loader told it. Panics when it is not mapped; `what` says
// what it is then.
const void *boot_at(uint64_t physical, uint64_t size, const char *what);

// A NUL-terminated text of the loader's; its size, with the NUL. Panics as above.
uint64_t boot_text_size(uint64_t physical, const char *what);

// Looks for the RSDP if the loader has not told it, makes the map from what it has told, and goes
// to the kernel.
[[noreturn]] void boot_start(struct bootinfo *info, const struct bootmap_source *source);

// The kernel's and the initrd's place, which each source tells with the rest.
void boot_tell(const struct bootinfo *info, struct bootmap_listener *listener);

// What the instruction set adds. No CPU is known yet: arch_cpu() gives nullptr from here on.
void start_begin(void);

// Builds the kernel's own address space over `info` and goes to kernel_main. Runs on a kernel
// stack. Tables come out of RAM in `info`'s map.
[[noreturn]] void start(struct bootinfo *info);

// Zeroed pages out of RAM that is mapped, kernel memory in the map from then on; panics when there
// are none. And back, what was too much.
void *boot_memory_take(struct bootinfo *info, size_t size);
void boot_memory_return(struct bootinfo *info, uint64_t base, uint64_t size);
