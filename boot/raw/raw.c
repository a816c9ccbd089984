// SPDX-License-Identifier: MIT
// Protocol raw where firmware describes the machine by a device tree: RAM, what is reserved of it,
// initrd and command line (Devicetree Specification 0.4, chapters 3 and 5). Runs on the boot CPU
// with the kernel's image and the DTB mapped, nothing else.
#include "boot/boot.h"
#include "boot/raw/raw.h"
#include "kernel/device/dtb.h"
#include "kernel/log.h"
#include "kernel/memory/bootmap.h"
#include "kernel/string.h"
#include <arch/arch.h>

enum : size_t { DTB_MAX = 2u << 20 };

static struct bootinfo info = {.protocol = "raw"};
static struct dtb dtb;

static bool is_in_flash; // the initrd

static bool is_memory(uint32_t node)
{
    return dtb_string_is(&dtb, node, "device_type", "memory") && dtb_is_enabled(&dtb, node);
}

// What a node's `reg` lists, each as `kind`.
static void tell_reg(uint32_t node, enum boot_memory_kind kind, struct bootmap_listener *listener)
{
    uint64_t base, size;
    for (uint32_t i = 0; dtb_reg(&dtb, node, i, &base, &size); i++)
        listener->range(listener, (struct boot_memory){base, size, kind, 0});
}

static void tell(const struct bootmap_source *, struct bootmap_listener *listener)
{
    struct boot_memory range = {info.kernel_base, info.kernel_size, BOOT_MEMORY_KERNEL, 0};
    listener->range(listener, range);
    range = (struct boot_memory){info.initrd_base, info.initrd_size, BOOT_MEMORY_INITRD, 0};
    if (is_in_flash) {
        range.kind = BOOT_MEMORY_INITRD_FLASH;
        range.size = (range.size + RAW_FLASH_SIZE - 1) / RAW_FLASH_SIZE * RAW_FLASH_SIZE;
    }
    listener->range(listener, range);
    range = (struct boot_memory){info.dtb, dtb.size, BOOT_MEMORY_RECLAIMABLE, 0};
    listener->range(listener, range);
    range.kind = BOOT_MEMORY_RESERVED;
    for (uint32_t i = 0; i < dtb.reserve_count; i++) {
        dtb_reservation(&dtb, i, &range.base, &range.size);
        listener->range(listener, range);
    }
    uint32_t reserved = dtb_find(&dtb, "/reserved-memory");
    uint32_t node = reserved == DTB_NONE ? DTB_NONE : dtb_child(&dtb, reserved);
    for (; node != DTB_NONE; node = dtb_sibling(&dtb, node))
        tell_reg(node, BOOT_MEMORY_RESERVED, listener);
    for (node = DTB_ROOT; node != DTB_NONE; node = dtb_next(&dtb, node))
        if (is_memory(node)) tell_reg(node, BOOT_MEMORY_RAM, listener);
}

// A property of /chosen that is an address of one or two cells.
static uint64_t chosen_address(uint32_t chosen, const char *name)
{
    struct dtb_property property;
    uint64_t value;
    if (chosen == DTB_NONE || !dtb_property(&dtb, chosen, name, &property)) return 0;
    return dtb_cells(&property, 0, property.size / 4, &value) ? value : 0;
}

// Whether the device tree tells of flash memory that has all of the range.
static bool is_flash(uint64_t base, uint64_t size)
{
    uint32_t node = dtb_find_compatible(&dtb, DTB_ROOT, "cfi-flash");
    for (; node != DTB_NONE; node = dtb_find_compatible(&dtb, node, "cfi-flash")) {
        uint64_t bank, bank_size;
        for (uint32_t i = 0; dtb_reg(&dtb, node, i, &bank, &bank_size); i++) {
            if (base >= bank && base - bank < bank_size && size <= bank_size - (base - bank))
                return true;
        }
    }
    return false;
}

// What lies behind a kernel that is executed in flash: tool/flash.
static void read_flash(const struct raw_flash *flash)
{
    uint64_t at = arch_virtual_to_physical(flash);
    if (!is_flash(at, RAW_FLASH_SIZE) || memcmp(flash->magic, RAW_FLASH_MAGIC, 8) != 0) return;
    if (flash->initrd_size == 0 || !is_flash(at + RAW_FLASH_SIZE, flash->initrd_size)) return;
    is_in_flash = true;
    info.initrd_base = at + RAW_FLASH_SIZE;
    info.initrd_size = flash->initrd_size;
    if (flash->words[sizeof flash->words - 1] == '\0')
        info.command_line = arch_virtual_to_physical(flash->words);
}

static void make_map(void)
{
    static const struct bootmap_source source = {tell};
    struct bootmap map = {.capacity = bootmap_capacity(&source, 0)};
    map.entry = boot_allocate(map.capacity * sizeof *map.entry);
    bootmap_make(&map, &source);
    info.memory = map.entry;
    info.memory_count = map.count;
}

struct bootinfo *raw_bootinfo(uint64_t dtb_address, uint64_t kernel_base, uint64_t kernel_size,
                              uint64_t boot_cpu)
{
    if (dtb_address != 0 && handover_is(arch_physical_to_virtual(dtb_address)))
        return handover_bootinfo(dtb_address, kernel_base, kernel_size, boot_cpu);
    if (dtb_address != 0 && dtb_open(&dtb, arch_physical_to_virtual(dtb_address), DTB_MAX))
        info.dtb = dtb_address;
    info.kernel_base = kernel_base;
    info.kernel_size = kernel_size;
    info.boot_cpu = boot_cpu;
    arch_console_early(&info); // where it takes a description to find one, there is none without
    if (info.dtb == 0) boot_refuse("there is no device tree that can be read");
    uint32_t chosen = dtb_find(&dtb, "/chosen");
    info.initrd_base = chosen_address(chosen, "linux,initrd-start");
    uint64_t initrd_end = chosen_address(chosen, "linux,initrd-end");
    if (initrd_end > info.initrd_base) info.initrd_size = initrd_end - info.initrd_base;
    const char *command_line = chosen == DTB_NONE ? nullptr : dtb_string(&dtb, chosen, "bootargs");
    if (command_line != nullptr) info.command_line = arch_virtual_to_physical(command_line);
    if (raw_flash() != nullptr) read_flash(raw_flash());
    make_map();
    return &info;
}
