// SPDX-License-Identifier: MIT
// The Generic Interrupt Controller, version 2 (Arm IHI 0048), with the v2m frame for
// message-signalled interrupts (Server Base System Architecture, appendix E) where there is one.
// Numbers are INTIDs. Guarded by the kernel lock.
#include "description.h"
#include "driver.h"
#include "gic.h"
#include "kernel/device/device.h"
#include "kernel/schedule/cpu.h"
#include <arch/arch.h>

enum : uint32_t { // CPU interface, message frame
    CPU_CONTROL = 0x000,
    CPU_PRIORITY_MASK = 0x004,
    CPU_BINARY_POINT = 0x008,
    CPU_ACKNOWLEDGE = 0x00c,
    CPU_END = 0x010,
    CPU_NEXT = 0x018,
    SIGNAL = 0xf00,
    SIGNALS = 16, // INTIDs below are signals
    SIGNAL_TARGETS_SHIFT = 16,
    DISTRIBUTOR_ENABLE = 1,
    FRAME_TYPE = 0x008,
    FRAME_SET = 0x040,
};

static volatile uint8_t *distributor, *cpu_interface;
static struct gic_messages messages;

static bool claim(uint32_t *number)
{
    uint32_t value = mmio_read(cpu_interface, CPU_ACKNOWLEDGE);
    *number = value & 0x3ff;
    // Its end needs to name the CPU that sent it too, and nobody else knows.
    if (*number < SIGNALS) mmio_write(cpu_interface, CPU_END, value);
    return *number < GIC_SPECIAL;
}

static void complete(uint32_t number)
{
    if (number >= SIGNALS) mmio_write(cpu_interface, CPU_END, number);
}

static bool is_valid(uint32_t number)
{
    return number >= GIC_SHARED_FIRST && number < gic_count(distributor);
}

// What a CPU reads in its own private targets is its mask.
static uint32_t own_mask(void)
{
    return mmio_read(distributor, GIC_TARGETS) & 0xff;
}

static void init_cpu(void)
{
    arch_cpu()->interrupt_port = (void *)(uintptr_t)own_mask();
    gic_private_init(distributor);
    mmio_write(cpu_interface, CPU_PRIORITY_MASK, 0xff);
    // A signal gets through while another interrupt is served, which firmware may not have wanted.
    mmio_write(cpu_interface, CPU_BINARY_POINT, 0);
    mmio_write(cpu_interface, CPU_CONTROL, 1);
}

// To the CPU on which its driver runs now.
static enum status configure(uint32_t number, uint32_t *flags)
{
    uint32_t shift = number % 4 * 8, offset = GIC_TARGETS + number / 4 * 4;
    uint32_t others = mmio_read(distributor, offset) & ~(0xffu << shift);
    mmio_write(distributor, offset, others | own_mask() << shift);
    return gic_configure(distributor, number, *flags);
}

static void signal(struct cpu *cpu)
{
    uint32_t mask = (uint32_t)(uintptr_t)cpu->interrupt_port;
    __asm__ volatile("dsb ishst" : : : "memory");
    mmio_write(distributor, SIGNAL, mask << SIGNAL_TARGETS_SHIFT);
}

static void take_signal(void)
{
    uint32_t number;
    if ((mmio_read(cpu_interface, CPU_NEXT) & 0x3ff) < SIGNALS) claim(&number);
}

static void mask(uint32_t number)
{
    gic_set_bit(distributor, GIC_CLEAR_ENABLE, number);
}

static void unmask(uint32_t number)
{
    gic_set_bit(distributor, GIC_SET_ENABLE, number);
}

static enum status message_allocate(uint32_t device, uint32_t *number, uint64_t *address,
                                    uint32_t *data)
{
    TRY(gic_message_allocate(&messages, number));
    gic_configure_edge(distributor, *number);
    *address = messages.doorbell;
    *data = *number;
    return OK;
}

static void message_free(uint32_t number)
{
    mask(number);
    gic_message_free(&messages, number);
}

static const struct interrupt_controller controller = {
    .name = "gicv2",
    .init_cpu = init_cpu,
    .signal = signal,
    .take_signal = take_signal,
    .claim = claim,
    .complete = complete,
    .is_valid = is_valid,
    .configure = configure,
    .mask = mask,
    .unmask = unmask,
    .message_allocate = message_allocate,
    .message_free = message_free,
};

static void find_messages(const struct description *description)
{
    volatile uint8_t *registers = driver_map(&description->message_frame);
    if (registers == nullptr) return;
    uint32_t type = mmio_read(registers, FRAME_TYPE);
    bool is_told = description->message_count != 0;
    messages.first = is_told ? description->message_first : (type >> 16) & 0x3ff;
    messages.count = is_told ? description->message_count : type & 0x3ff;
    messages.doorbell = description->message_frame.base + FRAME_SET;
    // No more than there are interrupts, whoever tells.
    uint32_t end = gic_count(distributor);
    if (messages.first < GIC_SHARED_FIRST || messages.first >= end) messages.count = 0;
    if (messages.count > end - messages.first) messages.count = end - messages.first;
}

bool gicv2_init(const struct description *description)
{
    distributor = driver_map(&description->distributor);
    cpu_interface = driver_map(&description->cpu_interface);
    if (distributor == nullptr || cpu_interface == nullptr) return false;
    mmio_write(distributor, GIC_CONTROL, 0);
    gic_shared_init(distributor);
    uint32_t self = own_mask(); // all to the boot CPU
    for (uint32_t i = GIC_SHARED_FIRST; i < gic_count(distributor); i += 4)
        mmio_write(distributor, GIC_TARGETS + i, self * 0x01010101);
    find_messages(description);
    mmio_write(distributor, GIC_CONTROL, DISTRIBUTOR_ENABLE);
    interrupt_controller_register(&controller);
    return true;
}
