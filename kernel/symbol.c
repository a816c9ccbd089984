// SPDX-License-Identifier: MIT
// The kernel's symbol table: offsets from the kernel's first byte with offsets of names, in ascending order.
#include "kernel/symbol.h"
#include <stddef.h>

struct symbol {
    uint32_t address, name;
};

[[gnu::weak]] extern const struct symbol kernel_symbol[];
[[gnu::weak]] extern const char kernel_symbol_name[];
[[gnu::weak]] extern const uint32_t kernel_symbol_count;
[[gnu::weak]] extern const char image_start[]; // the linker script's
[[gnu::weak]] extern const char image_end[];

const char *symbol_find(uintptr_t address, uintptr_t *offset)
{
    uintptr_t base = (uintptr_t)image_start;
    const uint32_t *present = &kernel_symbol_count;
    if (present == nullptr || address < base || address >= (uintptr_t)image_end) {
        return nullptr;
    }
    size_t low = 0, high = *present;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (kernel_symbol[middle].address <= address - base) low = middle + 1;
        else high = middle;
    }
    if (low == 0) return nullptr;
    *offset = address - base - kernel_symbol[low - 1].address;
    return kernel_symbol_name + kernel_symbol[low - 1].name;
}
