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

enum : uint8_t { SWITCHES = 64 }; // that bring the registers along after a trap

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

void float_leave(struct cpu *cpu)
{
    if (!cpu->float_enabled) return;
    if (cpu->float_owner != nullptr) arch_float_save(cpu->float_owner->float_state, false);
    cpu->float_enabled = false;
    arch_float_enable(false);
}

void float_switch_shared(struct cpu *cpu, struct thread *thread)
{
    bool is_owner = cpu->float_owner == thread;
    if (!is_owner) float_leave(cpu);
    // What it left here may be out of date.
    if (is_owner && thread->float_cpu != cpu) cpu->float_owner = nullptr;
    is_owner = cpu->float_owner == thread;
    bool enable = is_owner || thread->float_switches != 0;
    if (cpu->float_enabled != enable) {
        cpu->float_enabled = enable;
        arch_float_enable(enable);
    }
    if (is_owner || !enable) return;
    thread->float_switches--;
    arch_float_restore(thread->float_state);
    cpu->float_owner = thread;
    thread->float_cpu = cpu;
}

void trap_float(void)
{
    struct cpu *cpu = arch_cpu();
    if (!lock_enter(cpu)) return;
    struct thread *thread = cpu->current;
    uint64_t limit = 0;
    if (!make_state(thread)) {
        if (reap_make_room(&limit)) return; // and traps again
        fault_report(&thread->frame, FAULT_OUT_OF_MEMORY, arch_frame_place(&thread->frame).pc);
        return;
    }
    thread->float_switches = SWITCHES;
    float_switch(cpu, thread);
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
