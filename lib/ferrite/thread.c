// SPDX-License-Identifier: MIT
// Threads: a stack with a guard page, whose top holds what the thread runs. The stack stays mapped
// when the thread ends, because the ending thread still stands on it; threads of services live as
// long as the service.
#include <abi/syscalls.h>
#include <arch/user/syscall.h>
#include <ferrite/handle.h>
#include <ferrite/memory.h>
#include <ferrite/start.h>
#include <ferrite/thread.h>

struct thread_start {
    void (*run)(void *argument);
    void *argument;
    struct fe_thread_block block;
};

void fe_thread_entry(void); // arch/<isa>/user/start.S: goes on in fe_thread_main
[[noreturn]] void fe_thread_main(struct thread_start *start);

void fe_thread_main(struct thread_start *start)
{
    fe_thread_block_use(&start->block);
    start->run(start->argument);
    [[maybe_unused]] enum status status = fe_thread_exit(0);
    fe_exit(125);
}

enum status fe_thread_spawn(void (*run)(void *argument), void *argument, size_t stack_size,
                            uint32_t priority, fe_handle *thread)
{
    FE_HANDLE memory = FE_NO_HANDLE;
    size_t size = fe_page_round(stack_size), first = (size_t)fe_start()->stack_size;
    if (DATA_IS_APART && size > first) size = first; // all of it is committed
    void *stack;
    TRY(fe_memory_create(size, 0, &memory));
    TRY(fe_memory_map(memory, 0, size, MAP_READ | MAP_WRITE | MAP_GUARD, &stack));
    uintptr_t top = ((uintptr_t)stack + size - sizeof(struct thread_start)) & ~(uintptr_t)15;
    struct thread_start *start = (struct thread_start *)top;
    *start = (struct thread_start){.run = run, .argument = argument};
    struct fe_thread_options options = {
        .entry = (uintptr_t)fe_thread_entry,
        .stack_pointer = top,
        .argument = top,
        .priority = priority,
    };
    uint64_t id;
    enum status status = fe_thread_create(fe_process_self(), &options, thread, &id);
    if (status != OK) TRY(fe_memory_unmap(stack, size));
    return status;
}
