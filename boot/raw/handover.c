// SPDX-License-Identifier: MIT
// What a translator left that ran in the environment of a loader: see boot/boot.h. Runs like raw.c.
#include "boot/boot.h"
#include "kernel/log.h"
#include "kernel/memory/bootmap.h"
#include <arch/arch.h>

static struct bootinfo info;
static struct boot_memory block;

static void tell(const struct bootmap_source *, struct bootmap_listener *listener)
{
    const struct boot_memory *given = arch_physical_to_virtual((uintptr_t)info.memory);
    listener->range(
        listener, (struct boot_memory){info.kernel_base, info.kernel_size, BOOT_MEMORY_KERNEL, 0});
    listener->range(listener, block);
    for (uint32_t i = 0; i < info.memory_count; i++) listener->range(listener, given[i]);
}

struct bootinfo *handover_bootinfo(uint64_t at, uint64_t kernel_base, uint64_t kernel_size,
                                   uint64_t boot_cpu)
{
    static const struct bootmap_source source = {tell};
    const struct handover *handover = arch_physical_to_virtual(at);
    block = (struct boot_memory){at, handover_size(handover), BOOT_MEMORY_RECLAIMABLE, 0};
    info = handover->info;
    info.protocol = handover->protocol;
    info.kernel_base = kernel_base;
    info.kernel_size = kernel_size;
    info.boot_cpu = boot_cpu;
    arch_console_early(&info);
    if (handover->fault[0] != '\0') boot_refuse("%s", handover->fault);
    struct bootmap map = {.capacity = bootmap_capacity(&source, 0)};
    map.entry = boot_allocate(map.capacity * sizeof *map.entry);
    bootmap_make(&map, &source);
    info.memory = map.entry;
    info.memory_count = map.count;
    return &info;
}
