// SPDX-License-Identifier: MIT
// The Generic Interrupt Controller, version 3 (Arm IHI 0069): distributor for shared interrupts,
// one redistributor for each CPU, the CPU interface in system registers. Message-signalled
// interrupts would take an ITS and are refused. Guarded by the kernel lock.
#include "driver.h"
#include "gic.h"
#include "kernel/device/device.h"
#include "kernel/device/dtb.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/schedule/cpu.h"
#include <arch/arch.h>

enum : uint32_t {
    CONTROL_GROUP_1 = 3, // in the non-secure view, and where there is no other
    CONTROL_AFFINITY = 1u << 4,
    CONTROL_BUSY = 1u << 31,
    ROUTER = 0x6000, // 64 bits each
    SIGNALS = 16,    // INTIDs below are signals of CPUs to each other

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
static volatile uint8_t **regions; // of redistributors, mapped
static uint32_t region_count;
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

// Registers of INTIDs below 32 are in the private frame of the CPU's redistributor.
static volatile uint8_t *bank(uint32_t number)
{
    return number < GIC_SHARED_FIRST ? arch_cpu()->interrupt_port : distributor;
}

static void take_signal(void)
{
    uint64_t next;
    uint32_t number;
    __asm__ volatile("mrs %0, s3_0_c12_c12_2" : "=r"(next)); // ICC_HPPIR1_EL1
    if (next < SIGNALS && claim(&number)) complete(number);
}

static void mask(uint32_t number)
{
    gic_set_bit(bank(number), GIC_CLEAR_ENABLE, number);
}

static void unmask(uint32_t number)
{
    gic_set_bit(bank(number), GIC_SET_ENABLE, number);
}

// To the CPU on which its driver runs now.
static enum status configure(uint32_t number, uint32_t *flags)
{
    uint64_t self = affinity();
    mmio_write(distributor, ROUTER + 8 * number, (uint32_t)self);
    mmio_write(distributor, ROUTER + 8 * number + 4, (uint32_t)(self >> 32));
    return gic_configure(distributor, number, *flags);
}

// (ICC_SGI1R_EL1: the target by affinity, the lowest level as a bit.)
static void signal(struct cpu *cpu)
{
    uint64_t id = cpu->hardware_id;
    uint64_t target = (id >> 32 & 0xff) << 48 | (id >> 16 & 0xff) << 32 | (id >> 8 & 0xff) << 16 |
                      (id >> 4 & 15) << 44 | 1ull << (id & 15);
    __asm__ volatile("dsb ishst\n\tmsr s3_0_c12_c11_5, %0\n\tisb" : : "r"(target) : "memory");
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
    volatile uint8_t *at = regions[region];
    if (at == nullptr || !dtb_reg(tree, gic_node, 1 + region, &base, &size)) return nullptr;
    self = (self & 0xffffff) | (self >> 32) << 24;
    for (uint64_t offset = 0; offset + FRAMES_SIZE <= size;) {
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
    volatile uint8_t *redistributor = nullptr;
    for (uint32_t i = 0; redistributor == nullptr && i < region_count; i++)
        redistributor = find_redistributor(i);
    if (redistributor == nullptr) panic("this CPU has no redistributor");
    redistributor += PRIVATE_FRAME;
    arch_cpu()->interrupt_port = (void *)redistributor;
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

static void write_control(uint32_t value)
{
    mmio_write(distributor, GIC_CONTROL, value);
    while (mmio_read(distributor, GIC_CONTROL) & CONTROL_BUSY) {
    }
}

static bool map_regions(const struct dtb *dtb, uint32_t node)
{
    struct dtb_property property;
    struct page *page = page_allocate(0, PAGE_ZERO);
    uint64_t count = 1;
    if (page == nullptr) return false;
    regions = page_address(page);
    if (dtb_property(dtb, node, "#redistributor-regions", &property))
        dtb_cells(&property, 0, 1, &count);
    if (count > PAGE_SIZE / sizeof *regions) return false;
    for (region_count = 0; region_count < count; region_count++)
        regions[region_count] = driver_map(dtb, node, 1 + region_count);
    return true;
}

bool gicv3_init(const struct dtb *dtb, uint32_t node)
{
    tree = dtb;
    gic_node = node;
    distributor = driver_map(dtb, node, 0);
    if (distributor == nullptr) return false;
    if (!map_regions(dtb, node)) return false;
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
