// SPDX-License-Identifier: MIT
// The Generic Interrupt Controller, version 3 (Arm IHI 0069): distributor for shared interrupts,
// one redistributor for each CPU, the CPU interface in system registers. Message-signalled
// interrupts would take an ITS and are refused. Guarded by the kernel lock.
#include "driver.h"
#include "gic.h"
#include "kernel/device/device.h"
#include "kernel/device/dtb.h"
#include <arch/arch.h>

enum : uint32_t {
    CONTROL_GROUP_1 = 3, // in the non-secure view, and where there is no other
    CONTROL_AFFINITY = 1u << 4,
    CONTROL_BUSY = 1u << 31,
    ROUTER = 0x6000, // 64 bits each

    REDISTRIBUTOR_TYPE = 0x08, // 64 bits
    REDISTRIBUTOR_WAKER = 0x14,
    TYPE_VIRTUAL_LPI = 1u << 1,
    TYPE_LAST = 1u << 4,
    WAKER_SLEEP = 1u << 1,
    WAKER_ASLEEP = 1u << 2,
    PRIVATE_FRAME = 0x10000,
    FRAMES_SIZE = 0x20000,
    FRAMES_SIZE_V4 = 0x40000,
};

static volatile uint8_t *distributor;
static volatile uint8_t *redistributor; // the boot CPU's private frame
static const struct dtb *tree;
static uint32_t gic_node;

static uint64_t affinity(void)
{
    uint64_t mpidr;
    __asm__("mrs %0, mpidr_el1" : "=r"(mpidr));
    return mpidr & 0xff'00ff'ffff;
}

static bool claim(uint32_t *number)
{
    uint64_t value;
    __asm__ volatile("mrs %0, s3_0_c12_c12_0\n\tdsb sy" : "=r"(value)); // ICC_IAR1_EL1
    *number = (uint32_t)value;
    return value < GIC_SPECIAL;
}

static void complete(uint32_t number)
{
    __asm__ volatile("msr s3_0_c12_c12_1, %0\n\tisb" : : "r"((uint64_t)number)); // ICC_EOIR1_EL1
}

static bool is_valid(uint32_t number)
{
    return number >= GIC_SHARED_FIRST && number < gic_count(distributor);
}

// Registers of INTIDs below 32 are in the redistributor.
static volatile uint8_t *bank(uint32_t number)
{
    return number < GIC_SHARED_FIRST ? redistributor : distributor;
}

static void mask(uint32_t number)
{
    gic_set_bit(bank(number), GIC_CLEAR_ENABLE, number);
}

static void unmask(uint32_t number)
{
    gic_set_bit(bank(number), GIC_SET_ENABLE, number);
}

static enum status configure(uint32_t number, uint32_t flags)
{
    return gic_configure(distributor, number, flags);
}

static enum status message_allocate(uint32_t *number, uint64_t *address, uint32_t *data)
{
    return ERR_NOT_SUPPORTED;
}

static void message_free(uint32_t number) {}

// This CPU's redistributor within the `region`th of them: each says whose it is.
static volatile uint8_t *find_redistributor(uint32_t region)
{
    uint64_t base, size, self = affinity();
    if (!dtb_reg(tree, gic_node, 1 + region, &base, &size)) return nullptr;
    volatile uint8_t *at = driver_map(tree, gic_node, 1 + region);
    self = (self & 0xffffff) | (self >> 32) << 24;
    for (uint64_t offset = 0; at != nullptr && offset + FRAMES_SIZE <= size;) {
        uint32_t type = mmio_read(at + offset, REDISTRIBUTOR_TYPE);
        if (mmio_read(at + offset, REDISTRIBUTOR_TYPE + 4) == self) return at + offset;
        if (type & TYPE_LAST) break;
        offset += type & TYPE_VIRTUAL_LPI ? FRAMES_SIZE_V4 : FRAMES_SIZE;
    }
    return nullptr;
}

static void init_interface(void)
{
    uint64_t enable;
    __asm__ volatile("mrs %0, s3_0_c12_c12_5" : "=r"(enable)); // ICC_SRE_EL1
    __asm__ volatile("msr s3_0_c12_c12_5, %0\n\tisb" : : "r"(enable | 1));
    __asm__ volatile("msr s3_0_c4_c6_0, %0" : : "r"(0xfful)); // ICC_PMR_EL1: all priorities
    __asm__ volatile("msr s3_0_c12_c12_3, xzr");              // ICC_BPR1_EL1
    __asm__ volatile("msr s3_0_c12_c12_4, xzr"); // ICC_CTLR_EL1: one step ends an interrupt
    __asm__ volatile("msr s3_0_c12_c12_7, %0\n\tisb" : : "r"(1ul)); // ICC_IGRPEN1_EL1
}

static void init_cpu(void)
{
    mmio_write(redistributor - PRIVATE_FRAME, REDISTRIBUTOR_WAKER,
               mmio_read(redistributor - PRIVATE_FRAME, REDISTRIBUTOR_WAKER) & ~WAKER_SLEEP);
    while (mmio_read(redistributor - PRIVATE_FRAME, REDISTRIBUTOR_WAKER) & WAKER_ASLEEP) {
    }
    mmio_write(redistributor, GIC_GROUP, UINT32_MAX);
    gic_private_init(redistributor);
    init_interface();
}

static const struct interrupt_controller controller = {
    .name = "gicv3",
    .init_cpu = init_cpu,
    .claim = claim,
    .complete = complete,
    .is_valid = is_valid,
    .configure = configure,
    .mask = mask,
    .unmask = unmask,
    .message_allocate = message_allocate,
    .message_free = message_free,
};

static void write_control(uint32_t value)
{
    mmio_write(distributor, GIC_CONTROL, value);
    while (mmio_read(distributor, GIC_CONTROL) & CONTROL_BUSY) {
    }
}

static uint32_t region_count(const struct dtb *dtb, uint32_t node)
{
    struct dtb_property property;
    uint64_t count = 1;
    if (dtb_property(dtb, node, "#redistributor-regions", &property))
        if (!dtb_cells(&property, 0, 1, &count)) return 1;
    return (uint32_t)count;
}

bool gicv3_init(const struct dtb *dtb, uint32_t node)
{
    tree = dtb;
    gic_node = node;
    distributor = driver_map(dtb, node, 0);
    if (distributor == nullptr) return false;
    for (uint32_t i = 0; redistributor == nullptr && i < region_count(dtb, node); i++)
        redistributor = find_redistributor(i);
    if (redistributor == nullptr) return false;
    redistributor += PRIVATE_FRAME;
    write_control(0);
    gic_shared_init(distributor);
    for (uint32_t i = GIC_SHARED_FIRST; i < gic_count(distributor); i += 32)
        mmio_write(distributor, GIC_GROUP + i / 8, UINT32_MAX);
    write_control(CONTROL_GROUP_1 | CONTROL_AFFINITY);
    for (uint32_t i = GIC_SHARED_FIRST; i < gic_count(distributor); i++) {
        mmio_write(distributor, ROUTER + 8 * i, (uint32_t)affinity());
        mmio_write(distributor, ROUTER + 8 * i + 4, (uint32_t)(affinity() >> 32));
    }
    interrupt_controller_register(&controller);
    return true;
}
