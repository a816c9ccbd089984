// SPDX-License-Identifier: MIT
// The kernel's symbol table: offsets from the kernel's first byte with offsets of names, in
// ascending order.
#include "kernel/symbol.h"
#include <stddef.h>

struct symbol {
    uint32_t address, name;
};

// Empty ones stand in until the build has made the table.
[[gnu::weak]] const struct symbol kernel_symbol[1] = {};
[[gnu::weak]] const char kernel_symbol_name[1] = {};
[[gnu::weak]] const uint32_t kernel_symbol_count = 0;
extern const char image_start[], image_end[]; // the linker script's

const char *symbol_find(uintptr_t address, uintptr_t *offset)
{
    uintptr_t base = (uintptr_t)image_start;
    if (address < base || address >= (uintptr_t)image_end) return nullptr;
    size_t low = 0, high = kernel_symbol_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (kernel_symbol[middle].address <= address - base)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0) return nullptr;
    *offset = address - base - kernel_symbol[low - 1].address;
    return kernel_symbol_name + kernel_symbol[low - 1].name;
}
