// SPDX-License-Identifier: MIT
// What a boot protocol hands to the kernel, and nothing else does. boot/<protocol>/ fills it from
// what firmware gives; all addresses are physical. Tables grow with the machine: the memory map is
// an array that the protocol places in memory it has reserved.
#pragma once

#include <stdint.h>

enum boot_memory_kind : uint32_t {
    BOOT_MEMORY_RAM,         // free to use
    BOOT_MEMORY_RESERVED,    // never touched
    BOOT_MEMORY_RECLAIMABLE, // firmware tables: usable once the kernel has read them
    BOOT_MEMORY_KERNEL,      // the kernel image
    BOOT_MEMORY_INITRD,
    BOOT_MEMORY_INITRD_FLASH, // in memory that is only read, where it stays
};

struct boot_memory {
    uint64_t base, size; // bytes
    uint32_t kind;
    uint32_t zero;
};
static_assert(sizeof(struct boot_memory) == 24);

// A color's part of a pixel: `size` bits from bit `position` on.
struct boot_channel {
    uint8_t position, size;
};

// A picture in memory that the screen shows. Pixels are little-endian numbers.
struct boot_framebuffer {
    uint64_t address;       // physical; 0: none
    uint32_t width, height; // pixels
    uint32_t stride;        // bytes from one line to the next
    uint32_t bits_per_pixel;
    struct boot_channel red, green, blue;
    uint16_t zero;
};
static_assert(sizeof(struct boot_framebuffer) == 32);

struct bootinfo {
    struct boot_memory *memory; // kernel virtual address once the kernel maps memory; see arch.h
    uint32_t memory_count;
    uint32_t cpu_count; // 0: the protocol tells of none; the DTB or ACPI does
    uint64_t boot_cpu;  // hardware id: MPIDR affinity, APIC id, hart id
    uint64_t *cpus;     // hardware ids of all; as the memory map
    uint64_t kernel_base, kernel_size;
    uint64_t initrd_base, initrd_size; // size 0: none
    uint64_t dtb;                      // 0: none
    uint64_t rsdp;                     // 0: none
    uint64_t command_line;             // NUL-terminated; 0: none
    uint64_t seed, seed_size;          // random bytes, which the kernel wipes; size 0: none
    struct boot_framebuffer framebuffer;
    const char *protocol; // "raw", "limine", ...
};

// What init's start block carries about the machine (handles named "dtb", "acpi", "initrd", ...) is
// in abi/start.h.
