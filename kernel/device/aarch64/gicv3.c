// SPDX-License-Identifier: MIT
// The Generic Interrupt Controller, version 3 (Arm IHI 0069): distributor for shared interrupts,
// one redistributor for each CPU, the CPU interface in system registers, and message-signalled
// interrupts where there is an ITS. Guarded by the kernel lock.
#include "description.h"
#include "driver.h"
#include "gic.h"
#include "its.h"
#include "kernel/device/device.h"
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

struct region { // of redistributors, mapped
    struct region *next;
    volatile uint8_t *registers;
    uint64_t base, size; // physical
};
static struct region *regions;
static bool has_messages;

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
    return value < GIC_SPECIAL || value >= LPI_FIRST;
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
    if (number >= LPI_FIRST) return its_message_enable(number, false);
    gic_set_bit(bank(number), GIC_CLEAR_ENABLE, number);
}

static void unmask(uint32_t number)
{
    if (number >= LPI_FIRST) return its_message_enable(number, true);
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

static enum status message_allocate(uint32_t device, uint32_t *number, uint64_t *address,
                                    uint32_t *data)
{
    if (!has_messages) return ERR_NOT_SUPPORTED;
    volatile uint8_t *own = arch_cpu()->interrupt_port;
    return its_message_allocate(own - PRIVATE_FRAME, device, number, address, data);
}

// The redistributor after `at` in the region (nullptr: the first); nullptr: none.
static volatile uint8_t *next_redistributor(const struct region *region, volatile uint8_t *at)
{
    if (at == nullptr) return region->size >= FRAMES_SIZE ? region->registers : nullptr;
    uint32_t type = mmio_read(at, REDISTRIBUTOR_TYPE);
    if (type & TYPE_LAST) return nullptr;
    at += type & TYPE_VIRTUAL_LPI ? FRAMES_SIZE_V4 : FRAMES_SIZE;
    uint64_t left = region->size - (uint64_t)(at - region->registers);
    return left >= FRAMES_SIZE && left <= region->size ? at : nullptr;
}

// This CPU's: each says whose it is.
static volatile uint8_t *find_redistributor(const struct region *region)
{
    uint64_t self = affinity();
    self = (self & 0xffffff) | (self >> 32) << 24;
    volatile uint8_t *at = next_redistributor(region, nullptr);
    while (at != nullptr && mmio_read(at, REDISTRIBUTOR_TYPE + 4) != self)
        at = next_redistributor(region, at);
    return at;
}

// All get ready for messages, or none is used.
static bool messages_init(const struct description *description)
{
    if (description->its.size == 0 || !its_init(description, distributor)) return false;
    for (const struct region *region = regions; region != nullptr; region = region->next) {
        volatile uint8_t *at = next_redistributor(region, nullptr);
        for (; at != nullptr; at = next_redistributor(region, at))
            if (!its_add_redistributor(at, region->base + (uint64_t)(at - region->registers)))
                return false;
    }
    return true;
}

static void init_interface(void)
{
    uint64_t enable;
    __asm__ volatile("mrs %0, s3_0_c12_c12_5" : "=r"(enable)); // ICC_SRE_EL1
    __asm__ volatile("msr s3_0_c12_c12_5, %0\n\tisb" : : "r"(enable | 1));
    __asm__ volatile("msr s3_0_c4_c6_0, %0" : : "r"(0xfful)); // ICC_PMR_EL1: all priorities
    __asm__ volatile("msr s3_0_c12_c12_4, xzr\n\tisb"); // ICC_CTLR_EL1: one step ends an interrupt
    __asm__ volatile("msr s3_0_c12_c12_3, xzr"); // ICC_BPR1_EL1, which is its own by now: a signal
                                                 // gets through while another is served
    __asm__ volatile("msr s3_0_c12_c12_7, %0\n\tisb" : : "r"(1ul)); // ICC_IGRPEN1_EL1
}

static void init_cpu(void)
{
    volatile uint8_t *redistributor = nullptr;
    for (struct region *at = regions; redistributor == nullptr && at != nullptr; at = at->next)
        redistributor = find_redistributor(at);
    if (redistributor == nullptr) panic("this CPU has no redistributor");
    redistributor += PRIVATE_FRAME;
    arch_cpu()->interrupt_port = (void *)redistributor;
    mmio_write(redistributor - PRIVATE_FRAME, REDISTRIBUTOR_WAKER,
               mmio_read(redistributor - PRIVATE_FRAME, REDISTRIBUTOR_WAKER) & ~WAKER_SLEEP);
    while (mmio_read(redistributor - PRIVATE_FRAME, REDISTRIBUTOR_WAKER) & WAKER_ASLEEP) {
    }
    mmio_write(redistributor, GIC_GROUP, UINT32_MAX);
    gic_private_init(redistributor);
    if (has_messages) its_init_cpu(redistributor - PRIVATE_FRAME);
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
    .message_free = its_message_free,
};

static void write_control(uint32_t value)
{
    mmio_write(distributor, GIC_CONTROL, value);
    while (mmio_read(distributor, GIC_CONTROL) & CONTROL_BUSY) {
    }
}

static bool map_regions(const struct description *description)
{
    static struct slab slab;
    struct place place;
    slab_init(&slab, "redistributors", sizeof(struct region));
    for (uint32_t i = 0; description->redistributors(i, &place); i++) {
        struct region *region = slab_allocate(&slab);
        if (region == nullptr) return false;
        *region = (struct region){regions, driver_map(&place), place.base, place.size};
        if (region->registers == nullptr) return false;
        regions = region;
    }
    return regions != nullptr;
}

bool gicv3_init(const struct description *description)
{
    distributor = driver_map(&description->distributor);
    if (distributor == nullptr || !map_regions(description)) return false;
    write_control(0);
    gic_shared_init(distributor);
    for (uint32_t i = GIC_SHARED_FIRST; i < gic_count(distributor); i += 32)
        mmio_write(distributor, GIC_GROUP + i / 8, UINT32_MAX);
    write_control(CONTROL_GROUP_1 | CONTROL_AFFINITY);
    for (uint32_t i = GIC_SHARED_FIRST; i < gic_count(distributor); i++) {
        mmio_write(distributor, ROUTER + 8 * i, (uint32_t)affinity());
        mmio_write(distributor, ROUTER + 8 * i + 4, (uint32_t)(affinity() >> 32));
    }
    has_messages = messages_init(description);
    interrupt_controller_register(&controller);
    return true;
}
