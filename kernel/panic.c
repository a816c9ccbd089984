// SPDX-License-Identifier: MIT
// The end of the road: what happened, where, and how it got there, then the machine stops. Nothing
// here takes a lock or allocates. A release starts the machine again; otherwise it ends, with an
// exit code where the emulator has one, so a test sees a panic as a failure.
#include "kernel/log.h"
#include "kernel/object/process.h"
#include "kernel/object/thread.h"
#include "kernel/object/trust.h"
#include "kernel/schedule/lock.h"
#include "kernel/memory/page.h"
#include "kernel/symbol.h"
#include "kernel/trap.h"

enum : uint32_t { BACKTRACE_DEPTH = 24, EXIT_PANIC = 101 };
static bool panicking;

// Frame records of all ports: the caller's record, then the return address. A kernel stack grows
// down, so each record lies above the one before; anything else ends the walk.
void panic_backtrace(uintptr_t base)
{
    for (uint32_t depth = 0; depth < BACKTRACE_DEPTH; depth++) {
        if (base < ARCH_USER_END || base % sizeof(uintptr_t) != 0) return;
        const uintptr_t *record = (const uintptr_t *)(base - ARCH_RECORD_BELOW);
        uintptr_t offset = 0;
        if (record[1] == 0) return;
        const char *name = symbol_find(record[1] - 1, &offset);
        if (name == nullptr) name = "?";
        log_print("    0x%lx %s+0x%lx\n", (unsigned long)record[1], name,
                  (unsigned long)offset + 1);
        if (record[0] <= base || record[0] - base > 16 * PAGE_SIZE) return;
        base = record[0];
    }
}

[[noreturn]] static void stop(void)
{
    uint32_t action = trust_is_release ? POWER_REBOOT : POWER_OFF;
    if (arch_power(action, EXIT_PANIC) != OK) log_print("the machine cannot be switched off\n");
    arch_halt();
}

static void print_current(void)
{
    const struct thread *thread = arch_cpu() == nullptr ? nullptr : arch_cpu()->current;
    if (thread == nullptr) return;
    log_print("while in process %lu (%s), thread %lu\n", (unsigned long)thread->process->object.id,
              thread->process->name, (unsigned long)thread->object.id);
}

void panic(const char *format, ...)
{
    if (panicking) arch_halt();
    panicking = true;
    lock_break();
    log_set_quiet(false);
    log_set_patient(false);
    char line[200];
    va_list arguments;
    va_start(arguments, format);
    log_format(line, sizeof line, format, arguments);
    va_end(arguments);
    log_print("\nkernel panic: %s\n", line);
    print_current();
    panic_backtrace((uintptr_t)__builtin_frame_address(0));
    stop();
}

void trap_kernel_fault(struct frame *frame, const char *what, uintptr_t address)
{
    if (panicking) arch_halt();
    panicking = true;
    lock_break();
    log_set_quiet(false);
    log_set_patient(false);
    uintptr_t offset = 0;
    const char *name = symbol_find(arch_frame_place(frame).pc, &offset);
    log_print("\nkernel panic: %s, address 0x%lx, at 0x%lx %s+0x%lx\n", what,
              (unsigned long)address, (unsigned long)arch_frame_place(frame).pc,
              name == nullptr ? "?" : name, (unsigned long)offset);
    print_current();
    for (uint32_t line = 0; arch_frame_print(frame, line, log_print); line++) {
    }
    panic_backtrace(arch_frame_place(frame).base);
    stop();
}
