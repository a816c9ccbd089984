// SPDX-License-Identifier: MIT
// The kernel's devices as they were registered: the port sets them once, before anything uses them.
#include "kernel/device/device.h"
#include "kernel/log.h"

const struct interrupt_controller *interrupt_controller;
const struct debug_console *debug_console;

void interrupt_controller_register(const struct interrupt_controller *controller)
{
    ASSERT(interrupt_controller == nullptr);
    interrupt_controller = controller;
}

void debug_console_register(const struct debug_console *console)
{
    debug_console = console;
}
