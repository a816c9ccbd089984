// SPDX-License-Identifier: MIT
// Protocol raw where firmware describes the machine by a device tree: RAM, what is reserved of it,
// initrd and command line (Devicetree Specification 0.4, chapters 3 and 5). Runs on the boot CPU
// with the kernel's image and the DTB mapped, nothing else.
#include "boot/boot.h"
#include "boot/raw/raw.h"
#include "kernel/device/dtb.h"
#include "kernel/memory/bootmap.h"
#include <arch/arch.h>

enum : size_t { DTB_MAX = 2u << 20 };

static struct bootinfo info = {.protocol = "raw"};

static bool is_memory(const struct dtb *dtb, uint32_t node)
{
    return dtb_string_is(dtb, node, "device_type", "memory") && dtb_is_enabled(dtb, node);
}

static uint32_t reg_count(const struct dtb *dtb, uint32_t node)
{
    uint64_t base, size;
    uint32_t count = 0;
    while (dtb_reg(dtb, node, count, &base, &size)) count++;
    return count;
}

// No more entries than this: each range of RAM, and two more for each piece that is carved out.
static uint32_t entries_needed(const struct dtb *dtb, uint32_t reserved)
{
    uint32_t count = 3 + dtb->reserve_count;
    if (reserved != DTB_NONE) {
        for (uint32_t node = dtb_child(dtb, reserved); node != DTB_NONE;
             node = dtb_sibling(dtb, node))
            count += reg_count(dtb, node);
    }
    count *= 2;
    for (uint32_t node = DTB_ROOT; node != DTB_NONE; node = dtb_next(dtb, node))
        if (is_memory(dtb, node)) count += 2 * reg_count(dtb, node);
    return count;
}

static void carve_reserved(const struct dtb *dtb, uint32_t reserved, struct bootmap *map)
{
    uint64_t base, size;
    for (uint32_t i = 0; i < dtb->reserve_count; i++) {
        dtb_reservation(dtb, i, &base, &size);
        bootmap_carve(map, base, size, BOOT_MEMORY_RESERVED);
    }
    if (reserved == DTB_NONE) return;
    for (uint32_t node = dtb_child(dtb, reserved); node != DTB_NONE; node = dtb_sibling(dtb, node))
        for (uint32_t i = 0; dtb_reg(dtb, node, i, &base, &size); i++)
            bootmap_carve(map, base, size, BOOT_MEMORY_RESERVED);
}

// A property of /chosen that is an address of one or two cells.
static uint64_t chosen_address(const struct dtb *dtb, uint32_t chosen, const char *name)
{
    struct dtb_property property;
    uint64_t value;
    if (chosen == DTB_NONE || !dtb_property(dtb, chosen, name, &property)) return 0;
    return dtb_cells(&property, 0, property.size / 4, &value) ? value : 0;
}

static void make_map(const struct dtb *dtb)
{
    uint32_t reserved = dtb_find(dtb, "/reserved-memory");
    struct bootmap map = {.capacity = entries_needed(dtb, reserved)};
    map.entry = boot_allocate(map.capacity * sizeof *map.entry);
    uint64_t base, size;
    for (uint32_t node = DTB_ROOT; node != DTB_NONE; node = dtb_next(dtb, node)) {
        for (uint32_t i = 0; is_memory(dtb, node) && dtb_reg(dtb, node, i, &base, &size); i++)
            bootmap_add(&map, base, size);
    }
    bootmap_carve(&map, info.kernel_base, info.kernel_size, BOOT_MEMORY_KERNEL);
    bootmap_carve(&map, info.initrd_base, info.initrd_size, BOOT_MEMORY_INITRD);
    bootmap_carve(&map, info.dtb, dtb->size, BOOT_MEMORY_RECLAIMABLE);
    carve_reserved(dtb, reserved, &map);
    info.memory = map.entry;
    info.memory_count = map.count;
}

struct bootinfo *raw_bootinfo(uint64_t dtb_address, uint64_t kernel_base, uint64_t kernel_size,
                              uint64_t boot_cpu)
{
    static struct dtb dtb;
    info.dtb = dtb_address;
    info.kernel_base = kernel_base;
    info.kernel_size = kernel_size;
    info.boot_cpu = boot_cpu;
    // Without a description there is no console to say so on.
    if (dtb_address == 0 || !dtb_open(&dtb, arch_physical_to_virtual(dtb_address), DTB_MAX))
        arch_halt();
    uint32_t chosen = dtb_find(&dtb, "/chosen");
    info.initrd_base = chosen_address(&dtb, chosen, "linux,initrd-start");
    uint64_t initrd_end = chosen_address(&dtb, chosen, "linux,initrd-end");
    if (initrd_end > info.initrd_base) info.initrd_size = initrd_end - info.initrd_base;
    const char *command_line = chosen == DTB_NONE ? nullptr : dtb_string(&dtb, chosen, "bootargs");
    if (command_line != nullptr) info.command_line = arch_virtual_to_physical(command_line);
    make_map(&dtb);
    return &info;
}
