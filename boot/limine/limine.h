// SPDX-License-Identifier: MIT
// As much of the Limine Boot Protocol (PROTOCOL.md of Limine 8, base revision 2) as the translator
// uses: requests that a loader finds in the image, and what it answers. Pointers are into its own
// mapping of all memory, whose place it tells.
#pragma once

#include <stdint.h>

#define LIMINE_ID(a, b) {0xc7b1'dd30'df4c'8b88, 0x0a82'e883'a194'f07b, a, b}
#define LIMINE_BASE {0xf956'2b2d'5c95'a6c8, 0x6a7b'3849'4453'6bdc, 2}

struct limine_request {
    uint64_t id[4];
    uint64_t revision;
    const void *volatile response; // nullptr: there is none
    void (*entry)(void);           // of the request for an entry point
};

struct limine_offset {
    uint64_t revision, offset;
};

struct limine_pointer { // answers that are nothing but an address
    uint64_t revision;
    const void *address;
};

enum limine_memory_kind : uint64_t {
    LIMINE_USABLE,
    LIMINE_RESERVED,
    LIMINE_ACPI_RECLAIMABLE,
    LIMINE_ACPI_NVS,
    LIMINE_BAD,
    LIMINE_LOADER_RECLAIMABLE,
    LIMINE_KERNEL_AND_MODULES,
};

struct limine_memory {
    uint64_t base, size, kind;
};

struct limine_list { // of memory, of modules, of frame buffers
    uint64_t revision, count;
    const void *const *entry;
};

struct limine_file {
    uint64_t revision;
    const void *address;
    uint64_t size;
    const char *path, *words;
};

struct limine_kernel {
    uint64_t revision;
    const struct limine_file *file;
};

enum : uint8_t { LIMINE_RGB = 1 };
struct limine_framebuffer {
    const void *address;
    uint64_t width, height, stride;
    uint16_t bits;
    uint8_t model;
    uint8_t red_size, red_position, green_size, green_position, blue_size, blue_position;
};

// What is left of the loader's environment, and what is made for the way out of it.
struct limine_way {
    uint64_t offset;        // of the loader's mapping
    uint64_t kernel, block; // physical
    uint64_t table;         // LIMINE_TABLES zeroed pages
    uint64_t dtb;           // 0: none
};
enum : uint64_t { LIMINE_TABLES = 6, LIMINE_PAGE = 4096 };

// <isa>/way.c: the last physical address that the kernel's entry reaches; maps kernel and block as
// they are, into what the loader has mapped; and gives the boot CPU's number where the kernel
// cannot find it out.
extern const uint64_t limine_reach;
uint64_t limine_way_make(const struct limine_way *way);

// Opens a debug console in the loader's environment, for what has to be said there. Where a device
// tree has to tell of one, there is none without.
void limine_console(const void *tree);
