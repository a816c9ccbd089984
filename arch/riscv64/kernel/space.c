// SPDX-License-Identifier: MIT
// Address spaces: three to five levels of tables (arch/paged/kernel/table.c), of which the upper
// half of the top one is the kernel's, the same in all. Address-space identifiers, where the CPU
// has them, keep translations across switches. A space has one for life, shared with others when
// there are many. Whenever its translations change it gets a new stamp, which no other space ever
// had; each CPU notes for each identifier the stamp whose translations it keeps. CPUs that have the
// space loaded are asked to forget at once. Guarded by the kernel lock.
#include "kernel/memory/space.h"
#include "arch/paged/kernel/table.h"
#include "kernel/memory/page.h"
#include "kernel/schedule/lock.h"
#include "kernel/string.h"
#include "map.h"
#include "sbi.h"
#include "space.h"
#include <arch/arch.h>

enum : uint64_t { IDENTIFIERS_MAX = 512, IDENTIFIER_SHIFT = 44, IDENTIFIER_MASK = 0xffff };

static uint64_t identifier_last, identifiers; // 0: the CPU has none; number 0 is the kernel's
static uint64_t stamp_last;

static uint64_t identifier_of(const struct arch_space *space)
{
    return space->root >> IDENTIFIER_SHIFT & IDENTIFIER_MASK;
}

static uint64_t root_physical(const struct arch_space *space)
{
    return (space->root & ROOT_MASK) << TABLE_SHIFT;
}

enum status arch_space_init(struct arch_space *space)
{
    *space = (struct arch_space){};
    struct page *page = space_table_allocate(space);
    if (page == nullptr) return ERR_NO_MEMORY;
    uint64_t *root = page_address(page);
    memcpy(root + USER_TOPS, map_root + USER_TOPS, (TABLE_ENTRIES - USER_TOPS) * sizeof *root);
    if (identifiers != 0) identifier_last = identifier_last % (identifiers - 1) + 1;
    uint64_t mode = map_satp() >> 60 << 60;
    space->root = mode | identifier_last << IDENTIFIER_SHIFT | page_physical(page) >> 12;
    space->slot = identifier_last * sizeof(uint64_t);
    space->stamp = ++stamp_last;
    return OK;
}

void arch_space_fini(struct arch_space *space)
{
    if (space->root == 0) return; // arch_space_init had no page for it
    space_table_free(space, page_of(root_physical(space)));
    space->root = 0;
}

struct range {
    uintptr_t address;
    size_t size;
};

static void note(struct cpu *cpu, const struct arch_space *space)
{
    if (identifiers != 0) *(uint64_t *)((char *)cpu->arch[CPU_STAMPS] + space->slot) = space->stamp;
}

// This CPU's translations of the range in the space that it has loaded.
static void forget(struct cpu *cpu, void *context)
{
    constexpr size_t single_limit = 32 * ARCH_PAGE_SIZE;
    const struct range *range = context;
    struct arch_space *space = &cpu->space->arch;
    uint64_t identifier = identifier_of(space);
    note(cpu, space);
    if (range->size > single_limit) {
        __asm__ volatile("sfence.vma zero, %0" : : "r"(identifier) : "memory");
        return;
    }
    for (size_t done = 0; done < range->size; done += ARCH_PAGE_SIZE) {
        __asm__ volatile("sfence.vma %0, %1"
                         :
                         : "r"(range->address + done), "r"(identifier)
                         : "memory");
    }
}

void space_forget(struct arch_space *space, uintptr_t address, size_t size)
{
    struct range range = {address, size};
    struct cpu *self = arch_cpu();
    struct space *whole = CONTAINER(space, struct space, arch);
    space->stamp = ++stamp_last;
    if (self->space == whole) forget(self, &range);
    lock_ask_users(whole, forget, &range);
}

// Other CPUs cannot be told but by firmware.
void space_refetch(uint64_t physical, size_t size)
{
    __asm__ volatile("fence.i" : : : "memory");
    if (arch_cpu()->shared) sbi_call(SBI_FENCE, SBI_FENCE_INSTRUCTIONS, 0, UINTPTR_MAX, 0);
}

// The CPU may remember that nothing was there.
void space_show(const struct arch_space *space, uintptr_t address, size_t size)
{
    if (size == ARCH_PAGE_SIZE)
        __asm__ volatile("sfence.vma %0, %1"
                         :
                         : "r"(address), "r"(identifier_of(space))
                         : "memory");
    else
        __asm__ volatile("sfence.vma zero, %0" : : "r"(identifier_of(space)) : "memory");
}

void arch_space_switch(struct arch_space *space)
{
    if (space == nullptr) {
        CSR_WRITE(satp, map_satp());
        return;
    }
    if (arch_space_is_ready(space)) [[clang::likely]] {
        arch_space_use(space);
        return;
    }
    note(arch_cpu(), space);
    arch_space_use(space);
    __asm__ volatile("sfence.vma zero, %0" : : "r"(identifier_of(space)) : "memory");
}

bool space_make_cpu(struct cpu *cpu)
{
    struct page *page = page_allocate(0, PAGE_ZERO);
    if (page == nullptr) return false;
    cpu->arch[CPU_STAMPS] = (uintptr_t)page_address(page);
    return true;
}

// Identifiers are as wide as the field of satp keeps what is written to it; all CPUs' alike.
static void count_identifiers(void)
{
    uint64_t satp = CSR_READ(satp);
    CSR_WRITE(satp, satp | IDENTIFIER_MASK << IDENTIFIER_SHIFT);
    uint64_t most = CSR_READ(satp) >> IDENTIFIER_SHIFT & IDENTIFIER_MASK;
    CSR_WRITE(satp, satp);
    __asm__ volatile("sfence.vma" : : : "memory");
    identifiers = most < IDENTIFIERS_MAX ? most + 1 : IDENTIFIERS_MAX;
    if (most == 0) identifiers = 0;
}

void space_init_cpu(struct cpu *cpu)
{
    static uint64_t first[IDENTIFIERS_MAX];
    static_assert(sizeof first <= ARCH_PAGE_SIZE);
    if (cpu->arch[CPU_STAMPS] != 0) return;
    cpu->arch[CPU_STAMPS] = (uintptr_t)first; // the boot CPU
    count_identifiers();
}
