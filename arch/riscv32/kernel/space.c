// SPDX-License-Identifier: MIT
// Address spaces without translation: what user mode may touch is what the PMP registers say (The
// RISC-V Instruction Set Manual, volume II, section 3.7). They are a cache of the regions of a
// space, which the portable kernel knows: what they do not show faults, and is put in. A region
// takes one register where it is a power of two at a multiple of itself, else two, bottom and top;
// what was there goes. So any number of regions works with however many registers there are, from
// two on. All of it is bounded by their number.
#include "kernel/log.h"
#include "kernel/schedule/cpu.h"
#include "space.h"
#include <arch/arch.h>

enum : uint8_t {
    PMP_READ = 1,
    PMP_WRITE = 2,
    PMP_EXECUTE = 4,
    PMP_ACCESS = 7,
    PMP_TOP = 1 << 3,   // TOR: from the register before it up to this one
    PMP_POWER = 3 << 3, // NAPOT
    PMP_KIND = 3 << 3,
    PMP_LOCKED = 1 << 7, // for machine mode too, until reset
};

struct arch_space *space_loaded;
static uint32_t register_count; // that can be set

#define FOR_EACH_ADDRESS(do)                                                                       \
    do                                                                                             \
    (0) do(1) do(2) do(3) do(4) do(5) do(6) do(7) do(8) do(9) do(10) do(11) do(12) do(13) do(      \
        14) do(15)

static void address_set(uint32_t number, uint32_t value)
{
#define SET(n)                                                                                     \
    case n: CSR_WRITE(pmpaddr##n, value); break;
    switch (number) {
        FOR_EACH_ADDRESS(SET) default : break;
    }
}

static uint32_t address_get(uint32_t number)
{
#define GET(n)                                                                                     \
    case n: return CSR_READ(pmpaddr##n);
    switch (number) {
        FOR_EACH_ADDRESS(GET) default : return 0;
    }
}

// All four, since one register is as much as the others.
static void configure(const uint8_t config[PMP_MAX])
{
    const uint32_t *word = (const uint32_t *)config;
    CSR_WRITE(pmpcfg0, word[0]);
    CSR_WRITE(pmpcfg1, word[1]);
    CSR_WRITE(pmpcfg2, word[2]);
    CSR_WRITE(pmpcfg3, word[3]);
}

// How many registers there are is what keeps a value. The last one takes the page at 0 away from
// everybody, the kernel too, whose null pointers fault so; and while nothing else is set, the way
// to user mode is not one that an emulator takes for a mistake.
void space_init_cpu(struct cpu *)
{
    static const uint8_t none[PMP_MAX] __attribute__((aligned(4)));
    configure(none);
    for (register_count = 0; register_count < PMP_MAX; register_count++) {
        address_set(register_count, UINT32_MAX >> 2);
        if (address_get(register_count) == 0) break;
        address_set(register_count, 0);
    }
    if (register_count < 3) panic("no physical memory protection");
    uint8_t config[PMP_MAX] __attribute__((aligned(4))) = {};
    address_set(--register_count, (ARCH_PAGE_SIZE / 2 - 1) >> 2);
    config[register_count] = PMP_POWER | PMP_LOCKED;
    configure(config);
}

void space_load(struct arch_space *space)
{
    static const uint8_t none[PMP_MAX] __attribute__((aligned(4)));
    configure(none); // nothing is half set meanwhile
    space_loaded = space;
    if (space == nullptr) return;
    for (uint32_t i = 0; i < register_count; i++) address_set(i, space->address[i]);
    configure(space->config);
}

enum status arch_space_init(struct arch_space *space)
{
    *space = (struct arch_space){};
    return OK;
}

void arch_space_fini(struct arch_space *space)
{
    if (space == space_loaded) space_load(nullptr);
}

void arch_space_switch(struct arch_space *space)
{
    if (space != space_loaded) space_load(space);
}

// --- Regions in registers

struct range {
    uintptr_t start, last;
};

// What register `i` shows, if it is the upper one of a region.
static bool range_of(const struct arch_space *space, uint32_t i, struct range *range)
{
    uint32_t address = space->address[i], kind = space->config[i] & PMP_KIND;
    if (kind == 0) return false;
    if (kind == PMP_TOP) {
        *range = (struct range){space->address[i - 1] << 2, (address << 2) - 1};
        return true;
    }
    uint32_t size = 8u << __builtin_ctz(~address);
    range->start = (address << 2) & ~(size - 1);
    range->last = range->start + (size - 1);
    return true;
}

// Forgets what register `i` belongs to.
static void forget(struct arch_space *space, uint32_t i)
{
    bool is_bottom = i + 1 < PMP_MAX && (space->config[i + 1] & PMP_KIND) == PMP_TOP;
    space->config[i] = 0;
    if (is_bottom) space->config[i + 1] = 0;
}

static bool is_one(uintptr_t address, size_t size)
{
    return (size & (size - 1)) == 0 && address % size == 0;
}

static uint8_t access_of(uint32_t protection)
{
    return (protection & SPACE_READ ? PMP_READ : 0) | (protection & SPACE_WRITE ? PMP_WRITE : 0) |
           (protection & SPACE_EXECUTE ? PMP_EXECUTE : 0);
}

// What is mapped in part of the range goes first, since the lowest register decides.
enum status arch_space_map(struct arch_space *space, uintptr_t address, uint64_t physical,
                           size_t size, uint32_t protection)
{
    ASSERT(address == physical && size >= ARCH_PAGE_SIZE);
    bool is_napot = is_one(address, size);
    uint32_t count = is_napot ? 1 : 2, at = space->next;
    if (at + count > register_count) at = 0;
    for (uint32_t i = 0; i < count; i++) forget(space, at + i);
    space->next = at + count;
    uint8_t access = access_of(protection);
    if (is_napot) {
        space->address[at] = (address + (size / 2 - 1)) >> 2;
        space->config[at] = access | PMP_POWER;
    } else {
        space->address[at] = address >> 2;
        space->address[at + 1] = (address + size) >> 2;
        space->config[at + 1] = access | PMP_TOP;
    }
    if (space == space_loaded) space_load(space);
    return OK;
}

void arch_space_unmap(struct arch_space *space, uintptr_t address, size_t size)
{
    bool is_changed = false;
    struct range range;
    for (uint32_t i = 0; i < register_count; i++) {
        if (!range_of(space, i, &range)) continue;
        if (range.last < address || range.start > address + (size - 1)) continue;
        space->config[i] = 0;
        is_changed = true;
    }
    space->version++;
    if (is_changed && space == space_loaded) space_load(space);
}

// What is allowed now is found out by the next fault.
void arch_space_protect(struct arch_space *space, uintptr_t address, size_t size, uint32_t)
{
    arch_space_unmap(space, address, size);
}

size_t arch_space_query(struct arch_space *space, uintptr_t address, size_t most,
                        uint64_t *physical, uint32_t *protection)
{
    struct range range;
    for (uint32_t i = 0; i < register_count; i++) {
        if (!range_of(space, i, &range) || address < range.start || address > range.last) continue;
        uint8_t access = space->config[i] & PMP_ACCESS;
        *physical = address;
        *protection = (access & PMP_READ ? SPACE_READ : 0) |
                      (access & PMP_WRITE ? SPACE_WRITE : 0) |
                      (access & PMP_EXECUTE ? SPACE_EXECUTE : 0);
        uintptr_t rest = range.last - address;
        return rest < most ? (size_t)rest + 1 : most;
    }
    return 0;
}

void *arch_map_device(uint64_t physical, size_t size, uint32_t)
{
    if (physical > UINT32_MAX || size > UINT32_MAX - physical) return nullptr;
    return (void *)(uintptr_t)physical;
}
