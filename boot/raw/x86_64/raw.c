// SPDX-License-Identifier: MIT
// raw on x86_64: from the PVH start information (memory map, first module as initrd, command line,
// RSDP) to struct bootinfo. Everything that is kept is copied out of the loader's memory, which the
// kernel may use later.
#include <abi/bootinfo.h>
#include <arch/arch.h>
#include "arch/x86_64/kernel/cpu.h"
#include "arch/x86/boot.h"

enum : uint32_t { PVH_MAGIC = 0x336e'c578, E820_RAM = 1, E820_ACPI = 3 };
enum : uint64_t { LOW_MEMORY = 0x10'0000, CONVENTIONAL_END = 0x8'0000, REACH = 1ull << 32 };
enum { COMMAND_LINE_SIZE = 4096 };

struct pvh_module {
    uint64_t address, size, command_line, reserved;
};

struct pvh_memory {
    uint64_t address, size;
    uint32_t type, reserved;
};

struct pvh_start {
    uint32_t magic, version, flags, module_count;
    uint64_t modules, command_line, rsdp;
    uint64_t memory; // from version 1 on
    uint32_t memory_count, reserved;
};

static struct bootinfo info = {.protocol = "raw"};
static char command_line[COMMAND_LINE_SIZE];

// What the loader describes, as far as it is mapped already.
static const void *reach(uint64_t physical)
{
    if (physical >= REACH) arch_halt();
    return arch_physical_to_virtual(physical);
}

static void command_line_copy(uint64_t from)
{
    if (from == 0) return;
    const char *text = reach(from);
    for (uint32_t i = 0; i < COMMAND_LINE_SIZE - 1 && text[i] != '\0'; i++) {
        command_line[i] = text[i];
    }
    info.command_line = arch_virtual_to_physical(command_line);
}

// The first megabyte is left to firmware, but for a page where further processors start.
static void memory_copy(const struct pvh_start *start)
{
    const struct pvh_memory *entry = reach(start->memory);

    for (uint32_t i = 0; i < start->memory_count; i++) {
        uint64_t base = entry[i].address, size = entry[i].size;
        enum boot_memory_kind kind = BOOT_MEMORY_RESERVED;
        if (entry[i].type == E820_RAM && base < LOW_MEMORY && base + size >= 2 * ARCH_PAGE_SIZE) {
            uint64_t end = base + size < CONVENTIONAL_END ? base + size : CONVENTIONAL_END;
            uint64_t page = (end & ~(ARCH_PAGE_SIZE - 1)) - ARCH_PAGE_SIZE;
            if (page >= base) boot_memory_add(&info, page, ARCH_PAGE_SIZE, BOOT_MEMORY_KERNEL);
        }
        if (entry[i].type == E820_RAM && base + size > LOW_MEMORY) {
            kind = BOOT_MEMORY_RAM;
            if (base < LOW_MEMORY) {
                size -= LOW_MEMORY - base;
                base = LOW_MEMORY;
            }
        } else if (entry[i].type == E820_ACPI) {
            kind = BOOT_MEMORY_RECLAIMABLE;
        }
        boot_memory_add(&info, base, size, kind);
    }
}

[[noreturn]] void raw_start(uint32_t at);
void raw_start(uint32_t at)
{
    const struct pvh_start *start_info = reach(at);
    extern const uint8_t image_start[], image_end[];

    kernel_offset = KERNEL_BASE;
    if (start_info->magic != PVH_MAGIC || start_info->version < 1) arch_halt();

    info.kernel_base = arch_virtual_to_physical(image_start);
    info.kernel_size = (uint64_t)(image_end - image_start);
    info.rsdp = start_info->rsdp;
    info.boot_cpu = cpuid(1, 0).ebx >> 24;
    command_line_copy(start_info->command_line);
    if (start_info->module_count > 0) {
        const struct pvh_module *module = reach(start_info->modules);
        info.initrd_base = module->address;
        info.initrd_size = module->size;
    }
    memory_copy(start_info);
    boot_memory_claim(&info, info.kernel_base, info.kernel_size, BOOT_MEMORY_KERNEL);
    boot_memory_claim(&info, info.initrd_base, info.initrd_size, BOOT_MEMORY_INITRD);
    start(&info);
}
