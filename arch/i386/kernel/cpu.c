// SPDX-License-Identifier: MIT
// The processor made ready: segments, task state, interrupt vectors, and every protection that it
// offers.
#include "arch/i386/kernel/cpu.h"
#include <abi/syscalls.h>
#include <arch/arch.h>
#include "arch/i386/kernel/offset.h"
#include "arch/x86/float.h"
#include "kernel/object/thread.h"

#define OFFSET_IS(offset, type, member) static_assert(offsetof(type, member) == (offset))
OFFSET_IS(FRAME_SAVED, struct frame, edi);
OFFSET_IS(FRAME_VECTOR, struct frame, vector);
OFFSET_IS(FRAME_CS, struct frame, cs);
OFFSET_IS(FRAME_THREAD_POINTER, struct frame, thread_pointer);
OFFSET_IS(CPU_KERNEL_STACK, struct cpu, kernel_stack);
OFFSET_IS(CPU_ARCH_PENDING, struct cpu, arch[CPU_PENDING]);
OFFSET_IS(CPU_ARCH_TABLES, struct cpu, arch[CPU_TABLES]);
static_assert(FRAME_HARDWARE_END == offsetof(struct frame, ss) + sizeof(uint32_t));
static_assert(ENTRY_SYSCALL == VECTOR_SYSCALL && KERNEL_LINK_BASE == KERNEL_BASE);

enum : uint32_t { VECTOR_COUNT = 256, STUB_SIZE = 16, TSS_SIZE = 104 };
enum : uint32_t {
    GDT_KERNEL_CODE = 1,
    GDT_KERNEL_DATA,
    GDT_USER_CODE,
    GDT_USER_DATA,
    GDT_CPU,
    GDT_THREAD_POINTER,
    GDT_TSS,
    GDT_COUNT,
};

struct task_state {
    uint32_t link, stack, stack_segment; // of privilege 0
    uint32_t others[22];
    uint16_t trap, io_map;
};
static_assert(sizeof(struct task_state) == TSS_SIZE);

// What entry code changes on the way out is at fixed places.
struct cpu_tables {
    struct task_state tss;
    uint64_t gdt[GDT_COUNT];
};
OFFSET_IS(TABLES_STACK, struct cpu_tables, tss.stack);
OFFSET_IS(TABLES_TLS, struct cpu_tables, gdt[GDT_THREAD_POINTER]);

struct gate {
    uint16_t offset_low, selector;
    uint8_t zero, type;
    uint16_t offset_high;
};

struct [[gnu::packed]] table_register {
    uint16_t limit;
    uint32_t base;
};

extern const uint8_t vector_stubs[VECTOR_COUNT][STUB_SIZE];
extern const uint8_t kernel_stack_end[];

static struct cpu_tables tables;
static struct gate idt[VECTOR_COUNT];

static void gate_set(uint32_t vector, uint32_t privilege)
{
    uintptr_t stub = (uintptr_t)vector_stubs[vector];

    idt[vector] = (struct gate){
        .offset_low = stub & 0xffff,
        .offset_high = (uint16_t)(stub >> 16),
        .selector = ENTRY_KERNEL_CODE,
        .type = (uint8_t)(0x8e | privilege << 5), // present interrupt gate
    };
}

static uint64_t segment(uint64_t kind, uintptr_t base)
{
    return kind | (uint64_t)(base & 0xff'ffff) << 16 | (uint64_t)(base >> 24) << 56;
}

static void segments_fill(struct cpu *cpu)
{
    tables.gdt[GDT_KERNEL_CODE] = 0x00cf'9b00'0000'ffff;
    tables.gdt[GDT_KERNEL_DATA] = 0x00cf'9300'0000'ffff;
    tables.gdt[GDT_USER_CODE] = 0x00cf'fb00'0000'ffff;
    tables.gdt[GDT_USER_DATA] = 0x00cf'f300'0000'ffff;
    tables.gdt[GDT_CPU] = segment(0x0040'9300'0000'0000 | (sizeof *cpu - 1), (uintptr_t)cpu);
    tables.gdt[GDT_THREAD_POINTER] = 0x00cf'f300'0000'ffff;
    tables.gdt[GDT_TSS] = segment(0x0000'8900'0000'0000 | (TSS_SIZE - 1), (uintptr_t)&tables.tss);
    tables.tss.stack_segment = ENTRY_KERNEL_DATA;
    tables.tss.stack = cpu->kernel_stack;
    tables.tss.io_map = TSS_SIZE; // none: user mode has no ports
}

static void segments_load(void)
{
    struct table_register gdt = {sizeof tables.gdt - 1, (uintptr_t)tables.gdt};
    struct table_register vectors = {sizeof idt - 1, (uintptr_t)idt};

    __asm__ volatile("lgdt %0\n"
                     "ljmp %1, $1f\n"
                     "1: mov %2, %%ss\n"
                     "mov %3, %%ds\n"
                     "mov %3, %%es\n"
                     "mov %4, %%fs\n"
                     "lidt %5\n"
                     "ltr %w6"
                     :
                     : "m"(gdt), "i"(ENTRY_KERNEL_CODE), "r"(ENTRY_KERNEL_DATA),
                       "r"(ENTRY_USER_DATA), "r"(ENTRY_CPU), "m"(vectors), "r"(GDT_TSS * 8)
                     : "memory");
}

static void protection_enable(void)
{
    uintptr_t cr4 = cr4_read() | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT;

    if (cpu_feature_use(FEATURE_SMEP)) cr4 |= CR4_SMEP;
    if (cpu_feature_use(FEATURE_UMIP)) cr4 |= CR4_UMIP;
    cr4_write(cr4);
    cr0_write((cr0_read() & ~(uintptr_t)CR0_EM) | CR0_MP | CR0_NE | CR0_WP | CR0_TS);
    // Write-combining takes the place of write-through in entry 1 (SPACE_WRITE_COMBINE).
    msr_write(MSR_PAT, 0x0007'0406'0007'0106);
}

void arch_cpu_init(struct cpu *cpu)
{
    for (uint32_t vector = 0; vector < VECTOR_COUNT; vector++) gate_set(vector, 0);
    gate_set(EXCEPTION_BREAKPOINT, 3);
    gate_set(VECTOR_SYSCALL, 3);
    cpu->self = cpu;
    cpu->kernel_stack = (uintptr_t)kernel_stack_end;
    cpu->arch[CPU_TABLES] = (uintptr_t)&tables;
    segments_fill(cpu);
    segments_load();
    feature_find(cpu);
    (void)cpu_feature_use(FEATURE_NX); // as start.c did
    protection_enable();
    float_init_cpu();
    cpu->hardware_id = cpuid(1, 0).ebx >> 24;
}

// This port has one CPU.
void arch_cpus_find(const struct bootinfo *info)
{
    cpu_found(arch_cpu()->hardware_id);
}

enum status arch_cpu_start(struct cpu *cpu)
{
    return ERR_NOT_SUPPORTED;
}

void arch_halt(void)
{
    for (;;) __asm__ volatile("cli; hlt");
}
