// SPDX-License-Identifier: MIT
// What is added to the kernel's half after its start (start.c): device registers.
#include "arch/x86/cpu.h"
#include "kernel/memory/page.h"
#include <arch/kernel/map.h>

static uintptr_t device_next = DEVICE_BASE;

void *arch_map_device(uint64_t physical, size_t size, uint32_t protection)
{
    uint64_t first = physical & ~(uint64_t)(ARCH_PAGE_SIZE - 1);
    uint64_t pages = (physical + size - first + ARCH_PAGE_SIZE - 1) / ARCH_PAGE_SIZE;
    uintptr_t address = device_next;

    if (pages > (DEVICE_END - device_next) / ARCH_PAGE_SIZE) return nullptr;
    uint64_t flags = entry_kernel_flags(protection & ~(uint32_t)SPACE_EXECUTE);
    for (uint64_t i = 0; i < pages; i++) {
        uint64_t *table = arch_physical_to_virtual(kernel_root);
        uintptr_t at = address + i * ARCH_PAGE_SIZE;
        for (unsigned level = TABLE_TOP; level > 0; level--) {
            uint64_t *entry = &table[entry_index(at, level)];
            if (!(*entry & TABLE_PRESENT)) {
                struct page *page = page_allocate(0, PAGE_ZERO);
                if (page == nullptr) return nullptr;
                *entry = page_physical(page) | TABLE_PRESENT | TABLE_WRITE;
            }
            table = arch_physical_to_virtual(entry_physical(*entry));
        }
        table[entry_index(at, 0)] = (first + i * ARCH_PAGE_SIZE) | flags;
    }
    device_next += (pages + 1) * ARCH_PAGE_SIZE; // and a guard page
    return (void *)(address + (uintptr_t)(physical - first));
}
