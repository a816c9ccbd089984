// SPDX-License-Identifier: MIT
// One processor made ready: segments, task state, the system-call entry, and what x86_64 alone has.
// Each CPU has its own segment table and emergency stacks.
#include "arch/x86/cpu.h"
#include <abi/syscalls.h>
#include <arch/arch.h>
#include "arch/x86_64/kernel/offset.h"
#include "kernel/memory/page.h"
#include "kernel/object/thread.h"

#define OFFSET_IS(offset, type, member) static_assert(offsetof(type, member) == (offset))
OFFSET_IS(FRAME_RDX, struct frame, reg[0]);
OFFSET_IS(FRAME_RDI, struct frame, reg[1]);
OFFSET_IS(FRAME_RBP, struct frame, reg[9]);
OFFSET_IS(FRAME_R9, struct frame, reg[11]);
OFFSET_IS(FRAME_RAX, struct frame, rax);
OFFSET_IS(FRAME_VECTOR, struct frame, vector);
OFFSET_IS(FRAME_RIP, struct frame, ip);
OFFSET_IS(FRAME_SS, struct frame, ss);
OFFSET_IS(FRAME_THREAD_POINTER, struct frame, thread_pointer);
OFFSET_IS(CPU_OWN_FRAME, struct cpu, frame);
OFFSET_IS(CPU_CURRENT, struct cpu, current);
OFFSET_IS(CPU_KERNEL_STACK, struct cpu, kernel_stack);
OFFSET_IS(CPU_CONCERNS, struct cpu, concerns);
OFFSET_IS(THREAD_FRAME, struct thread, frame);
OFFSET_IS(CPU_USER_SCRATCH, struct cpu, user_scratch);
OFFSET_IS(CPU_ARCH_POINTER, struct cpu, arch[CPU_LOADED_POINTER]);
OFFSET_IS(CPU_ARCH_PENDING, struct cpu, arch[CPU_PENDING]);
static_assert(CALL_CHANNEL_CALL == FE_CALL_CHANNEL_CALL &&
              CALL_CHANNEL_REPLY_RECEIVE == FE_CALL_CHANNEL_REPLY_RECEIVE &&
              CALL_CHANNEL_REPLY == FE_CALL_CHANNEL_REPLY);
static_assert(CALL_EVENT_SIGNAL == FE_CALL_EVENT_SIGNAL && CALL_EVENT_WAIT == FE_CALL_EVENT_WAIT &&
              CALL_THREAD_YIELD == FE_CALL_THREAD_YIELD);
static_assert(ENTRY_SYSCALL == VECTOR_SYSCALL && KERNEL_LINK_BASE == KERNEL_BASE);

// What functions called by ARCH_FAST may use above their return address.
enum : uintptr_t { HOME_SPACE = 32 };
enum {
    GDT_KERNEL_CODE = 1,
    GDT_KERNEL_DATA,
    GDT_USER_DATA = 4,
    GDT_USER_CODE,
    GDT_TSS,
    GDT_COUNT = 8
};

struct [[gnu::packed]] task_state {
    uint32_t reserved;
    uint64_t stack[3];
    uint64_t reserved2;
    uint64_t special[7]; // interrupt stack table
    uint64_t reserved3;
    uint16_t reserved4, io_map;
};

struct cpu_tables {
    alignas(16) uint8_t special_stack[SPECIAL_COUNT][SPECIAL_STACK];
    uint64_t gdt[GDT_COUNT];
    alignas(16) struct task_state tss;
};

struct [[gnu::packed]] table_register {
    uint16_t limit;
    uint64_t base;
};

extern void syscall_entry(void);
extern const uint8_t kernel_stack_end[];

static struct cpu_tables boot_tables;
static uint64_t boot_stamps[PAGE_SIZE / sizeof(uint64_t)];

uint64_t gate_special(uint64_t gate, uint32_t index)
{
    return gate | (uint64_t)(index + 1) << 32; // of the interrupt stack table
}

static void segments_fill(struct cpu_tables *tables)
{
    uintptr_t tss = (uintptr_t)&tables->tss;

    tables->gdt[GDT_KERNEL_CODE] = 0x00af'9b00'0000'ffff;
    tables->gdt[GDT_KERNEL_DATA] = 0x00cf'9300'0000'ffff;
    tables->gdt[GDT_USER_DATA] = 0x00cf'f300'0000'ffff;
    tables->gdt[GDT_USER_CODE] = 0x00af'fb00'0000'ffff;
    tables->gdt[GDT_TSS] = (sizeof(struct task_state) - 1) | (tss & 0xff'ffff) << 16 |
                           0x89ull << 40 | (tss >> 24 & 0xff) << 56;
    tables->gdt[GDT_TSS + 1] = tss >> 32;
    tables->tss.io_map = sizeof(struct task_state); // none: user mode has no ports
    for (unsigned i = 0; i < SPECIAL_COUNT; i++) {
        tables->tss.special[i] = (uintptr_t)tables->special_stack[i] + SPECIAL_STACK;
    }
}

static void segments_load(struct cpu_tables *tables)
{
    struct table_register gdt = {sizeof(tables->gdt) - 1, (uintptr_t)tables->gdt};

    __asm__ volatile("lgdt %0\n"
                     "push %1\n"
                     "lea 1f(%%rip), %%rax\n"
                     "push %%rax\n"
                     "lretq\n"
                     "1: mov %2, %%ss\n"
                     "mov %3, %%ds\n"
                     "mov %3, %%es\n"
                     "mov %3, %%fs\n"
                     "mov %3, %%gs\n"
                     "ltr %w4"
                     :
                     : "m"(gdt), "i"(SELECTOR_KERNEL_CODE), "r"(GDT_KERNEL_DATA * 8), "r"(0),
                       "r"(GDT_TSS * 8)
                     : "rax", "memory");
    vectors_load();
}

// What has its place in CR4 and is of no use with 32 bits.
static uintptr_t more_use(void)
{
    uintptr_t cr4 = 0;
    if (cpu_feature_use(FEATURE_FSGSBASE)) cr4 |= CR4_FSGSBASE; // see begin.c
    if (cpu_feature_use(FEATURE_PCID)) cr4 |= CR4_PCIDE;
    (void)cpu_feature_use(FEATURE_PAGE_1G); // as start.c did
    return cr4;
}

bool cpu_tables_make(struct cpu *cpu)
{
    static_assert(sizeof(struct cpu_tables) <= 4 * PAGE_SIZE);
    struct page *pages = page_allocate(2, PAGE_ZERO), *stamps = page_allocate(0, PAGE_ZERO);
    if (pages == nullptr || stamps == nullptr) return false;
    cpu->arch[CPU_TABLES] = (uintptr_t)page_address(pages);
    cpu->arch[CPU_STAMPS] = (uintptr_t)page_address(stamps);
    return true;
}

void arch_cpu_init(struct cpu *cpu)
{
    if (cpu->arch[CPU_TABLES] == 0) { // the boot CPU
        cpu->arch[CPU_TABLES] = (uintptr_t)&boot_tables;
        cpu->arch[CPU_STAMPS] = (uintptr_t)boot_stamps;
    }
    struct cpu_tables *tables = (struct cpu_tables *)cpu->arch[CPU_TABLES];
    segments_fill(tables);
    segments_load(tables);
    cpu->self = cpu;
    if (cpu->kernel_stack == 0) cpu->kernel_stack = (uintptr_t)kernel_stack_end; // the boot CPU
    cpu->kernel_stack -= HOME_SPACE;
    tables->tss.stack[0] = cpu->kernel_stack;
    msr_write(MSR_GS_BASE, (uintptr_t)cpu);
    msr_write(MSR_KERNEL_GS_BASE, 0);
    msr_write(MSR_FS_BASE, 0);

    feature_find(cpu);
    msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_SCE | EFER_NXE);
    // sysret takes its selectors from 0x18 on: data at +8, 64-bit code at +16, privilege 3.
    msr_write(MSR_STAR, (uint64_t)0x18 << 48 | (uint64_t)SELECTOR_KERNEL_CODE << 32);
    msr_write(MSR_LSTAR, (uintptr_t)syscall_entry);
    msr_write(MSR_SFMASK, RFLAGS_TF | RFLAGS_IF | RFLAGS_DF | RFLAGS_NT | RFLAGS_AC);
    protection_enable(cpu, more_use());
}
