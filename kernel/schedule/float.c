// SPDX-License-Identifier: MIT
// Whose the FP registers are: the owner's are saved before another's are loaded. A thread that
// never uses them has no room for them.
#include "kernel/schedule/float.h"
#include "kernel/memory/page.h"
#include "kernel/object/fault.h"
#include "kernel/object/process.h"
#include "kernel/object/reap.h"
#include "kernel/schedule/lock.h"
#include "kernel/trap.h"

enum : uint8_t { SWITCHES = 16 }; // that bring the registers along after a trap

static struct slab float_slab;

void float_init(void)
{
    slab_init(&float_slab, "float", arch_float_size());
}

static bool make_state(struct thread *thread)
{
    if (thread->float_state != nullptr) return true;
    if (process_charge(thread->process, arch_float_size()) != OK) return false;
    thread->float_state = slab_allocate(&float_slab);
    if (thread->float_state == nullptr) {
        process_uncharge(thread->process, arch_float_size());
        return false;
    }
    arch_float_init(thread->float_state);
    return true;
}

void float_take(struct cpu *cpu, struct thread *thread)
{
    if (!cpu->float_enabled) {
        arch_float_enable(true);
        cpu->float_enabled = true;
    }
    if (cpu->float_owner == thread) return;
    // With several CPUs they were saved when their owner stopped running.
    if (cpu->float_owner != nullptr && !cpu->shared) arch_float_save(cpu->float_owner->float_state);
    arch_float_restore(thread->float_state);
    cpu->float_owner = thread;
    thread->float_cpu = cpu;
}

void float_leave(struct cpu *cpu)
{
    if (!cpu->float_enabled) return;
    if (cpu->float_owner != nullptr) arch_float_save(cpu->float_owner->float_state);
    cpu->float_enabled = false;
    arch_float_enable(false);
}

void float_settle(struct cpu *cpu, const struct thread *thread)
{
    if (cpu->float_owner != thread)
        float_leave(cpu);
    else if (thread->float_cpu != cpu)
        cpu->float_owner = nullptr;
}

void trap_float(void)
{
    struct cpu *cpu = arch_cpu();
    if (!lock_enter(cpu)) return;
    struct thread *thread = cpu->current;
    uint64_t limit = 0;
    if (!make_state(thread)) {
        if (reap_make_room(&limit)) return; // and traps again
        fault_report(&thread->frame, FAULT_OUT_OF_MEMORY, arch_frame_pc(&thread->frame));
        return;
    }
    thread->float_switches = SWITCHES;
    float_take(cpu, thread);
}

void float_forget(struct thread *thread)
{
    for (struct cpu *cpu = cpu_list; cpu != nullptr; cpu = cpu->next) {
        if (cpu->float_owner == thread) cpu->float_owner = nullptr;
    }
    if (thread->float_state == nullptr) return;
    slab_free(&float_slab, thread->float_state);
    thread->float_state = nullptr;
    process_uncharge(thread->process, arch_float_size());
}
