// SPDX-License-Identifier: MIT
// One processor made ready: segments, task states, the gate of system calls. Each CPU has its own
// tables. What can come at any instruction, also while the stack is a thread's frame or has no room
// left, is a task of its own, with its own stack.
#include "arch/x86/cpu.h"
#include <abi/syscalls.h>
#include <arch/arch.h>
#include "arch/i386/kernel/offset.h"
#include "kernel/memory/page.h"
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

enum : uint32_t {
    GDT_KERNEL_CODE = 1,
    GDT_KERNEL_DATA,
    GDT_USER_CODE,
    GDT_USER_DATA,
    GDT_CPU,
    GDT_THREAD_POINTER,
    GDT_TSS,
    GDT_SPECIAL, // task states of the special exceptions
    GDT_COUNT = GDT_SPECIAL + SPECIAL_COUNT,
};

enum : uint64_t { SEGMENT_TASK = 0x89ull << 40, GATE_TASK = 0x85ull << 40 };
enum : uint32_t { TABLES_ORDER = 2, FLAGS_FIXED = 2 };

// (Intel SDM volume 3, section 8.2.1.) Aligned so that no page ends in it.
struct task_state {
    alignas(128) uint32_t link;
    struct {
        uint32_t stack, segment;
    } privilege[3];
    uint32_t cr3, ip, flags, eax, ecx, edx, ebx, esp, ebp, esi, edi;
    uint32_t es, cs, ss, ds, fs, gs, ldt;
    uint16_t trap, io_map;
};
static_assert(offsetof(struct task_state, io_map) == 102);

// What entry code changes on the way out is at fixed places.
struct cpu_tables {
    struct task_state tss;
    uint64_t gdt[GDT_COUNT];
    struct task_state special[SPECIAL_COUNT];
    alignas(16) uint8_t special_stack[SPECIAL_COUNT][SPECIAL_STACK];
};
OFFSET_IS(TABLES_STACK, struct cpu_tables, tss.privilege[0].stack);
OFFSET_IS(TABLES_TLS, struct cpu_tables, gdt[GDT_THREAD_POINTER]);

struct [[gnu::packed]] table_register {
    uint16_t limit;
    uint32_t base;
};

extern const uint8_t kernel_stack_end[];
extern void special_entry(void);
[[noreturn]] void special_begin(uint32_t vector);

static struct cpu_tables boot_tables;

uint64_t gate_special(uint64_t, uint32_t index)
{
    return GATE_TASK | (uint64_t)(GDT_SPECIAL + index) * 8 << 16;
}

static uint64_t segment(uint64_t kind, uintptr_t base)
{
    return kind | (uint64_t)(base & 0xff'ffff) << 16 | (uint64_t)(base >> 24) << 56;
}

static uint64_t task_segment(struct task_state *state)
{
    state->io_map = sizeof *state; // none: user mode has no ports
    return segment(SEGMENT_TASK | (offsetof(struct task_state, io_map) + 1), (uintptr_t)state);
}

static void special_fill(struct cpu_tables *tables, uint32_t index)
{
    struct task_state *state = &tables->special[index];

    state->cr3 = (uint32_t)kernel_root;
    state->ip = (uintptr_t)special_entry;
    state->flags = FLAGS_FIXED;
    state->eax = special_vector[index];
    state->esp = (uintptr_t)tables->special_stack[index] + SPECIAL_STACK;
    state->cs = ENTRY_KERNEL_CODE;
    state->ss = ENTRY_KERNEL_DATA;
    state->ds = state->es = ENTRY_USER_DATA;
    state->fs = ENTRY_CPU;
    tables->gdt[GDT_SPECIAL + index] = task_segment(state);
}

static void segments_fill(struct cpu_tables *tables, struct cpu *cpu)
{
    tables->gdt[GDT_KERNEL_CODE] = 0x00cf'9b00'0000'ffff;
    tables->gdt[GDT_KERNEL_DATA] = 0x00cf'9300'0000'ffff;
    tables->gdt[GDT_USER_CODE] = 0x00cf'fb00'0000'ffff;
    tables->gdt[GDT_USER_DATA] = 0x00cf'f300'0000'ffff;
    tables->gdt[GDT_CPU] = segment(0x0040'9300'0000'0000 | (sizeof *cpu - 1), (uintptr_t)cpu);
    tables->gdt[GDT_THREAD_POINTER] = 0x00cf'f300'0000'ffff;
    tables->gdt[GDT_TSS] = task_segment(&tables->tss);
    tables->tss.privilege[0].segment = ENTRY_KERNEL_DATA;
    tables->tss.privilege[0].stack = cpu->kernel_stack;
    for (uint32_t i = 0; i < SPECIAL_COUNT; i++) special_fill(tables, i);
}

static void segments_load(struct cpu_tables *tables)
{
    struct table_register gdt = {sizeof tables->gdt - 1, (uintptr_t)tables->gdt};

    __asm__ volatile("lgdt %0\n"
                     "ljmp %1, $1f\n"
                     "1: mov %2, %%ss\n"
                     "mov %3, %%ds\n"
                     "mov %3, %%es\n"
                     "mov %4, %%fs\n"
                     "ltr %w5"
                     :
                     : "m"(gdt), "i"(ENTRY_KERNEL_CODE), "r"(ENTRY_KERNEL_DATA),
                       "r"(ENTRY_USER_DATA), "r"(ENTRY_CPU), "r"(GDT_TSS * 8)
                     : "memory");
    vectors_load();
}

bool cpu_tables_make(struct cpu *cpu)
{
    static_assert(sizeof(struct cpu_tables) <= PAGE_SIZE << TABLES_ORDER);
    struct page *pages = page_allocate(TABLES_ORDER, PAGE_ZERO);
    if (pages == nullptr) return false;
    cpu->arch[CPU_TABLES] = (uintptr_t)page_address(pages);
    return true;
}

void arch_cpu_init(struct cpu *cpu)
{
    if (cpu->arch[CPU_TABLES] == 0) { // the boot CPU
        cpu->arch[CPU_TABLES] = (uintptr_t)&boot_tables;
        cpu->kernel_stack = (uintptr_t)kernel_stack_end;
    }
    struct cpu_tables *tables = (struct cpu_tables *)cpu->arch[CPU_TABLES];
    cpu->self = cpu;
    segments_fill(tables, cpu);
    segments_load(tables);
    feature_find(cpu);
    protection_enable(cpu, 0);
}

// A special exception's task: what it interrupted is in the CPU's own task state.
void special_begin(uint32_t vector)
{
    const struct task_state *was = &((struct cpu_tables *)arch_cpu()->arch[CPU_TABLES])->tss;
    struct frame frame = {
        .edi = was->edi,
        .esi = was->esi,
        .ebp = was->ebp,
        .ebx = was->ebx,
        .edx = was->edx,
        .ecx = was->ecx,
        .eax = was->eax,
        .vector = vector,
        .ip = was->ip,
        .cs = was->cs,
        .flags = was->flags,
        .sp = was->esp,
        .ss = was->ss,
    };
    trap_special(&frame);
}
