// SPDX-License-Identifier: MIT
// The three devices that only a kernel can own. A driver fills one of these tables and registers it
// from arch_devices_init after finding its device in the DTB or ACPI. Called with interrupts
// masked.
#pragma once

#include <abi/status.h>
#include <stdint.h>

struct cpu;

struct interrupt_controller {
    const char *name;
    void (*init_cpu)(void);          // per-CPU part
    void (*signal)(struct cpu *cpu); // interrupts another CPU: trap_signal() there
    void (*take_signal)(void);       // if that is what comes next; only the port calls it
    // Takes the most urgent interrupt that waits, false when there is none after all; and ends it.
    // Only the port calls these.
    bool (*claim)(uint32_t *number);
    void (*complete)(uint32_t number);
    bool (*is_valid)(uint32_t number);
    // INTERRUPT_* of abi/object.h: in, what its driver believes; out, how the line is wired.
    enum status (*configure)(uint32_t number, uint32_t *flags);
    void (*mask)(uint32_t number);
    void (*unmask)(uint32_t number);
    // A message-signalled interrupt: what a device must write where. Controllers that tell senders
    // apart deliver it from no other than the `device`, by the number that it has for them.
    // ERR_NOT_SUPPORTED without MSI, ERR_BUSY when all are in use, ERR_NO_MEMORY.
    enum status (*message_allocate)(uint32_t device, uint32_t *number, uint64_t *address,
                                    uint32_t *data);
    void (*message_free)(uint32_t number);
};

struct debug_console {
    const char *name;
    bool (*put)(char character); // false: no room for it now
};

extern const struct interrupt_controller *interrupt_controller;
extern const struct debug_console *debug_console;

void interrupt_controller_register(const struct interrupt_controller *controller);
void debug_console_register(const struct debug_console *console);
