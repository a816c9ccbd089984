// SPDX-License-Identifier: MIT
// What redistributors read of message interrupts (Arm IHI 0069, sections 5.1 and 12.11): a byte for
// each, shared by all, and a table for each redistributor of those that pend. Guarded by the kernel
// lock but at the start.
#include "gic.h"
#include "its.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/string.h"
#include <arch/arch.h>

enum : uint32_t {
    TYPE_LPI = 1u << 17, // of the distributor
    REDISTRIBUTOR_CONTROL = 0x00,
    CONTROL_LPI = 1u << 0,
    PROPERTY_BASE = 0x70,
    PENDING_BASE = 0x78,

    NUMBER_BITS_MAX = 16, // as many as are used of those that the GIC may have
    PENDING_ORDER = 4,    // 64 KiB, as aligned as it has to be

    LPI_ENABLED = 1u << 0,
    LPI_GROUP = 1u << 1, // reads as one
};
enum : uint64_t {
    CACHED = 7ull << 7 | 1ull << 10, // inner write-back, inner shareable
    SHAREABLE = 3ull << 10,
    NOT_CACHED = 1ull << 7,
    ADDRESS = 0xf'ffff'ffff'f000,
    PENDING_ZERO = 1ull << 62,
};

static uint8_t *properties; // of LPI_FIRST and above
static uint32_t number_bits;

void table_clean(const volatile void *from, size_t size)
{
    uint64_t types;
    __asm__("mrs %0, ctr_el0" : "=r"(types));
    uintptr_t line = 4ul << (types >> 16 & 15), end = (uintptr_t)from + size;
    for (uintptr_t at = (uintptr_t)from & ~(line - 1); at < end; at += line)
        __asm__ volatile("dc cvac, %0" : : "r"(at) : "memory");
    __asm__ volatile("dsb sy" : : : "memory");
}

void *table_make(uint32_t order)
{
    struct page *pages = page_run_allocate(1ull << order, 0);
    if (pages == nullptr) return nullptr;
    for (uint32_t i = 0; i < 1u << order; i++) page_claim(pages + i);
    void *table = page_address(pages);
    memset(table, 0, (size_t)PAGE_SIZE << order);
    table_clean(table, (size_t)PAGE_SIZE << order);
    return table;
}

void table_free(void *table, uint32_t order)
{
    page_free(page_of(arch_virtual_to_physical(table)), order);
}

// A base register says how it was understood: where memory is not shared, caches are not looked
// into either.
static void write_base(volatile uint8_t *redistributor, uint32_t offset, uint64_t value)
{
    mmio_write64(redistributor, offset, value | CACHED);
    if (mmio_read64(redistributor, offset) & SHAREABLE) return;
    mmio_write64(redistributor, offset, value | NOT_CACHED);
}

bool lpi_init(volatile uint8_t *distributor)
{
    uint32_t type = mmio_read(distributor, GIC_TYPE);
    number_bits = (type >> 19 & 31) + 1;
    if (number_bits > NUMBER_BITS_MAX) number_bits = NUMBER_BITS_MAX;
    if (!(type & TYPE_LPI) || lpi_end() <= LPI_FIRST) return false;
    uint32_t order = number_bits > PAGE_SHIFT ? number_bits - PAGE_SHIFT : 0;
    properties = table_make(order);
    return properties != nullptr;
}

uint32_t lpi_end(void)
{
    return 1u << number_bits;
}

bool lpi_add_redistributor(volatile uint8_t *redistributor)
{
    if (mmio_read(redistributor, REDISTRIBUTOR_CONTROL) & CONTROL_LPI) return false; // firmware's
    void *pending = table_make(PENDING_ORDER);
    if (pending == nullptr) return false;
    uint64_t address = arch_virtual_to_physical(properties) & ADDRESS;
    write_base(redistributor, PROPERTY_BASE, address | (number_bits - 1));
    write_base(redistributor, PENDING_BASE, arch_virtual_to_physical(pending) | PENDING_ZERO);
    return true;
}

void lpi_init_cpu(volatile uint8_t *redistributor)
{
    uint32_t control = mmio_read(redistributor, REDISTRIBUTOR_CONTROL);
    mmio_write(redistributor, REDISTRIBUTOR_CONTROL, control | CONTROL_LPI);
    __asm__ volatile("dsb sy" : : : "memory");
}

void lpi_enable(uint32_t number, bool on)
{
    ASSERT(number >= LPI_FIRST && number < lpi_end());
    uint8_t *property = &properties[number - LPI_FIRST];
    *property = (uint8_t)((GIC_PRIORITY_ALL & 0xfc) | LPI_GROUP | (on ? LPI_ENABLED : 0));
    table_clean(property, 1);
}
