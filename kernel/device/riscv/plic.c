// SPDX-License-Identifier: MIT
// The Platform-Level Interrupt Controller (RISC-V PLIC Specification 1.0). It has a context for
// each hart and mode, which the DTB lists. An interrupt is masked by its priority, since one that
// is not enabled cannot be completed. Guarded by the kernel lock.
#include "driver.h"
#include "kernel/device/device.h"
#include "kernel/device/dtb.h"
#include "kernel/log.h"
#include "kernel/schedule/cpu.h"
#include <abi/object.h>
#include <arch/arch.h>

enum : uint32_t {
    PRIORITY = 0, // a word for each source
    ENABLE = 0x2000,
    ENABLE_SIZE = 0x80, // of each context: a bit for each source
    CONTEXT = 0x20'0000,
    CONTEXT_SIZE = 0x1000,
    CONTEXT_THRESHOLD = 0,
    CONTEXT_CLAIM = 4,
    SOURCES_MAX = 1023,
};

static volatile uint8_t *registers;
static const struct dtb *tree;
static uint32_t plic_node, source_count;

// Of struct cpu: the number of its context, and one more. 0: it has none.
static uint32_t context(void)
{
    return (uint32_t)(uintptr_t)arch_cpu()->interrupt_port - 1;
}

static bool claim(uint32_t *number)
{
    *number = mmio_read(registers, CONTEXT + context() * CONTEXT_SIZE + CONTEXT_CLAIM);
    return *number != 0;
}

static void complete(uint32_t number)
{
    mmio_write(registers, CONTEXT + context() * CONTEXT_SIZE + CONTEXT_CLAIM, number);
}

static bool is_valid(uint32_t number)
{
    return number > 0 && number <= source_count;
}

static void enable(uint32_t of, uint32_t number, bool on)
{
    uint32_t offset = ENABLE + of * ENABLE_SIZE + number / 32 * 4, bit = 1u << number % 32;
    uint32_t value = mmio_read(registers, offset);
    mmio_write(registers, offset, on ? value | bit : value & ~bit);
}

static void mask(uint32_t number)
{
    ASSERT(is_valid(number));
    mmio_write(registers, PRIORITY + 4 * number, 0);
}

static void unmask(uint32_t number)
{
    mmio_write(registers, PRIORITY + 4 * number, 1);
}

// To the CPU on which its driver runs now. How a line is wired is the gateway's affair: one that
// waits for edges tells of them no otherwise than of levels.
static enum status configure(uint32_t number, uint32_t *flags)
{
    if (*flags & ~(uint32_t)(INTERRUPT_EDGE | INTERRUPT_ACTIVE_LOW)) return ERR_BAD_ARGUMENT;
    mask(number);
    for (struct cpu *cpu = cpu_list; cpu != nullptr; cpu = cpu->next) {
        uint32_t of = (uint32_t)(uintptr_t)cpu->interrupt_port;
        if (of != 0) enable(of - 1, number, cpu == arch_cpu());
    }
    return OK;
}

static enum status message_allocate(uint32_t device, uint32_t *number, uint64_t *address,
                                    uint32_t *data)
{
    return ERR_NOT_SUPPORTED;
}

static void message_free(uint32_t number) {}

static void init_cpu(void)
{
    uint32_t own;
    CSR_SET(CSR_IE, (uintptr_t)1 << CAUSE_SIGNAL);
    if (!driver_entry(tree, plic_node, &own)) return; // this CPU gets no interrupts of devices
    arch_cpu()->interrupt_port = (void *)(uintptr_t)(own + 1);
    for (uint32_t i = 0; i <= source_count / 32; i++)
        mmio_write(registers, ENABLE + own * ENABLE_SIZE + 4 * i, 0);
    mmio_write(registers, CONTEXT + own * CONTEXT_SIZE + CONTEXT_THRESHOLD, 0);
    CSR_SET(CSR_IE, (uintptr_t)1 << CAUSE_EXTERNAL);
}

static const struct interrupt_controller controller = {
    .name = "plic",
    .init_cpu = init_cpu,
    .signal = signal_send,
    .take_signal = signal_take,
    .claim = claim,
    .complete = complete,
    .is_valid = is_valid,
    .configure = configure,
    .mask = mask,
    .unmask = unmask,
    .message_allocate = message_allocate,
    .message_free = message_free,
};

bool plic_init(const struct dtb *dtb, uint32_t node)
{
    uint32_t count = driver_cell(dtb, node, "riscv,ndev", 0);
    if (count == 0 || count > SOURCES_MAX) return false;
    registers = driver_map(dtb, node, 0);
    if (registers == nullptr) return false;
    tree = dtb;
    plic_node = node;
    source_count = count;
    for (uint32_t i = 1; i <= source_count; i++) mask(i);
    interrupt_controller_register(&controller);
    return true;
}
