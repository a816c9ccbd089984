// SPDX-License-Identifier: MIT
// Playing processes and threads: made by the kernel's own functions, chosen by hand.
#include "kernel/none/play.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/object/memory.h"
#include "kernel/schedule/schedule.h"
#include "kernel/trap.h"

static void must(enum status status)
{
    if (status != OK) panic("a test's process: error %d", status);
}

struct process *play_process(uint32_t pages)
{
    struct process_plan plan = {.memory_limit = 1 << 20, .name = "played"};
    struct process *process;
    must(process_create(&plan, &process));
    process->state = PROCESS_RUNNING;
    if (pages == 0) return process;
    struct memory *memory;
    must(memory_make(process, (uint64_t)pages * PAGE_SIZE, &memory));
    struct space_view view = {.memory = memory,
                              .size = (size_t)pages * PAGE_SIZE,
                              .flags = MAP_READ | MAP_WRITE | MAP_FIXED,
                              .allowed = MAP_READ | MAP_WRITE};
    uintptr_t address = PLAY_MEMORY;
    must(space_map(&process->space, &view, &address));
    object_put(&memory->object);
    return process;
}

struct thread *play_thread(struct process *process, uint32_t priority)
{
    struct fe_thread_options options = {
        .entry = ARCH_USER_BASE, .stack_pointer = PLAY_MEMORY, .priority = priority};
    struct thread *thread;
    must(thread_make(process, &options, &thread));
    thread_start(thread);
    return thread;
}

void play_as(struct thread *thread)
{
    struct cpu *cpu = arch_cpu();
    if (cpu->current == thread) return;
    struct thread *before = cpu->current;
    if (before != nullptr) {
        schedule_block(THREAD_NEW);
        schedule_ready(before);
    }
    ASSERT(thread->state == THREAD_READY);
    schedule_remove(thread);
    schedule_switch_to(thread);
    cpu->space = &thread->process->space;
    arch_space_switch(&cpu->space->arch);
}

void play_store(struct process *process, uintptr_t address, const void *from, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        void *at;
        must(space_reach(&process->space, address + i, MAP_WRITE, &at));
        *(uint8_t *)at = ((const uint8_t *)from)[i];
    }
}

void play_load(struct process *process, uintptr_t address, void *to, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        void *at;
        must(space_reach(&process->space, address + i, MAP_READ, &at));
        ((uint8_t *)to)[i] = *(const uint8_t *)at;
    }
}
