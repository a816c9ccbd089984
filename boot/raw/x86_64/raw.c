// SPDX-License-Identifier: MIT
// raw on x86_64: from the PVH start information (memory map, first module as initrd, command line,
// RSDP) to struct bootinfo. What is used later stays where the loader put it, and is not RAM in the
// map.
#include <abi/bootinfo.h>
#include <arch/arch.h>
#include "arch/x86/boot.h"
#include "kernel/log.h"

enum : uint32_t { PVH_MAGIC = 0x336e'c578, E820_RAM = 1, E820_ACPI = 3 };

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
static const struct pvh_memory *memory;
static uint32_t memory_count;

static void tell(const struct bootmap_source *self, struct bootmap_listener *listener)
{
    boot_tell(&info, listener);
    for (uint32_t i = 0; i < memory_count; i++) {
        enum boot_memory_kind kind = memory[i].type == E820_RAM    ? BOOT_MEMORY_RAM
                                     : memory[i].type == E820_ACPI ? BOOT_MEMORY_RECLAIMABLE
                                                                   : BOOT_MEMORY_RESERVED;
        listener->range(listener, (struct boot_memory){memory[i].address, memory[i].size, kind, 0});
    }
    if (info.command_line != 0) {
        uint64_t size = boot_text_size(info.command_line, "command line");
        listener->range(listener,
                        (struct boot_memory){info.command_line, size, BOOT_MEMORY_RECLAIMABLE, 0});
    }
}

[[noreturn]] void raw_start(uint32_t magic, uint32_t at);
void raw_start(uint32_t, uint32_t at)
{
    static const struct bootmap_source source = {tell};

    boot_begin(&info);
    const struct pvh_start *start = boot_at(at, sizeof *start, "start information");
    if (start->magic != PVH_MAGIC || start->version < 1)
        boot_refuse("no PVH start information of version 1");
    info.rsdp = start->rsdp;
    info.command_line = start->command_line;
    if (start->module_count > 0) {
        const struct pvh_module *module = boot_at(start->modules, sizeof *module, "module list");
        info.initrd_base = module->address;
        info.initrd_size = module->size;
    }
    memory_count = start->memory_count;
    memory = boot_at(start->memory, (uint64_t)memory_count * sizeof *memory, "memory map");
    boot_start(&info, &source);
}
