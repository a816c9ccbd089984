// SPDX-License-Identifier: MIT
// The Incoming MSI Controller (The RISC-V Advanced Interrupt Architecture, chapter 3): each hart
// has a file of identities, which devices, and an APLIC for wired lines, raise by writing their
// number to its page. Interrupt numbers are sources of the APLIC, and behind those identities of
// messages. Identities are given out for all harts alike; the first one, which is the most urgent,
// is harts' signal to each other. Guarded by the kernel lock.
#include "aplic.h"
#include "driver.h"
#include "kernel/device/device.h"
#include "kernel/device/dtb.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/schedule/cpu.h"
#include <arch/arch.h>

enum : uint32_t {
    DELIVERY = 0x70, // registers behind the CPU's
    THRESHOLD = 0x72,
    PENDING = 0x80,
    ENABLE = 0xc0,
    FIRST_SHIFT = 16,
    IDENTITIES_MAX = 2047, // numbers from 1 on
    MESSAGES = 1024,       // interrupt numbers of messages: this and the identity
    WORD_BITS = 8 * sizeof(uintptr_t),
    WORD_STEP = WORD_BITS / 32,
    FILE_SHIFT = 12,
    SIGNAL = 1, // an identity
};

// A region of the files of several harts.
struct region {
    struct region *next;
    uint64_t base, size;
    volatile uint8_t *at; // mapped
};

static const struct dtb *tree;
static struct region *regions; // in the order of the DTB
static uint32_t imsic_node, identity_count;
static uint32_t guest_bits, hart_bits, group_bits, group_shift;
static uint16_t number_of[IDENTITIES_MAX + 1]; // by identity; 0: free
static uint16_t identity_of[MESSAGES];         // by source; 0: none yet

static void set_register(uint32_t number, uintptr_t value)
{
    CSR_WRITE(CSR_SELECT, number);
    CSR_WRITE(CSR_SELECTED, value);
}

static bool claim(uint32_t *number)
{
    uintptr_t first;
    __asm__ volatile("csrrw %0, " CSR_TEXT(CSR_FIRST) ", zero" : "=r"(first) : : "memory");
    uint32_t identity = (uint32_t)(first >> FIRST_SHIFT);
    if (identity == 0 || identity > identity_count) return false;
    *number = identity == SIGNAL ? NUMBER_SIGNAL : number_of[identity];
    return identity == SIGNAL || *number != 0;
}

static void complete(uint32_t number) {}

static bool is_valid(uint32_t number)
{
    return number > 0 && number <= aplic_count();
}

static uint32_t identity_allocate(uint32_t number)
{
    for (uint32_t i = SIGNAL + 1; i <= identity_count; i++) {
        if (number_of[i] != 0) continue;
        number_of[i] = (uint16_t)(number == 0 ? MESSAGES + i : number);
        return i;
    }
    return 0;
}

// Files lie one after the other, as the DTB lists their harts, through all regions.
static volatile uint8_t *file_of(uint32_t entry)
{
    uint64_t offset = (uint64_t)entry << (FILE_SHIFT + guest_bits);
    for (const struct region *region = regions; region != nullptr; region = region->next) {
        if (offset < region->size) return region->at + offset;
        offset -= region->size;
    }
    return nullptr;
}

// The physical address of this CPU's file, or of the first CPU's where it has none.
static uint64_t own_file(void)
{
    const volatile uint8_t *own = arch_cpu()->interrupt_port;
    if (own == nullptr) own = cpu_list->interrupt_port;
    for (const struct region *region = regions; region != nullptr; region = region->next) {
        uint64_t offset = (uint64_t)(own - region->at);
        if (offset < region->size) return region->base + offset;
    }
    panic("the first CPU has no file in its IMSIC");
}

static void signal(struct cpu *cpu)
{
    if (cpu->interrupt_port != nullptr)
        mmio_write(cpu->interrupt_port, 0, SIGNAL);
    else
        signal_send(cpu);
}

// The first is the most urgent, so that what is taken is what was read.
static void take_signal(void)
{
    if (CSR_READ(CSR_FIRST) >> FIRST_SHIFT == SIGNAL) CSR_WRITE(CSR_FIRST, 0);
    signal_take();
}

// What an APLIC calls the hart with this file.
static uint32_t hart_index(uint64_t file)
{
    uint64_t hart = file >> (FILE_SHIFT + guest_bits) & ((1u << hart_bits) - 1);
    uint64_t group = file >> group_shift & ((1u << group_bits) - 1);
    return (uint32_t)(group << hart_bits | hart);
}

static enum status configure(uint32_t number, uint32_t *flags)
{
    ASSERT(is_valid(number));
    if (identity_of[number] == 0) identity_of[number] = (uint16_t)identity_allocate(number);
    if (identity_of[number] == 0) return ERR_NO_MEMORY;
    return aplic_configure(number, *flags, hart_index(own_file()), identity_of[number]);
}

// What is not wanted of messages does not come: who sends them is told to, or not.
static void mask(uint32_t number)
{
    if (number < MESSAGES) aplic_mask(number);
}

static void unmask(uint32_t number)
{
    if (number < MESSAGES) aplic_unmask(number);
}

static enum status message_allocate(uint32_t device, uint32_t *number, uint64_t *address,
                                    uint32_t *data)
{
    uint32_t identity = identity_allocate(0);
    if (identity == 0) return ERR_NO_MEMORY;
    *number = MESSAGES + identity;
    *address = own_file();
    *data = identity;
    return OK;
}

static void message_free(uint32_t number)
{
    ASSERT(number > MESSAGES && number_of[number - MESSAGES] == number);
    number_of[number - MESSAGES] = 0;
}

static void init_cpu(void)
{
    uint32_t entry;
    CSR_SET(CSR_IE, (uintptr_t)1 << CAUSE_SIGNAL);
    if (!driver_entry(tree, imsic_node, &entry)) return; // it gets no interrupts of devices
    set_register(DELIVERY, 0);
    set_register(THRESHOLD, 0);
    for (uint32_t i = 0; i * WORD_BITS <= identity_count; i++) {
        set_register(PENDING + i * WORD_STEP, 0);
        set_register(ENABLE + i * WORD_STEP, UINTPTR_MAX);
    }
    set_register(DELIVERY, 1);
    CSR_SET(CSR_IE, (uintptr_t)1 << CAUSE_EXTERNAL);
    arch_cpu()->interrupt_port = (void *)file_of(entry); // from now on it can be signalled so
}

static const struct interrupt_controller controller = {
    .name = "imsic",
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

// As many bits as name the harts, unless the DTB says so (interrupt-controller/riscv,imsics.yaml).
static uint32_t usual_hart_bits(const struct dtb *dtb, uint32_t node)
{
    struct dtb_property list;
    uint32_t count = dtb_property(dtb, node, "interrupts-extended", &list) ? list.size / 8 : 1;
    uint32_t bits = 0;
    while (1u << bits < count) bits++;
    return bits;
}

bool imsic_is_open(void)
{
    return identity_count != 0;
}

// All are mapped, so that whichever CPU starts later can be signalled.
static bool map_regions(const struct dtb *dtb, uint32_t node)
{
    static struct slab slab;
    struct region **end = &regions;
    regions = nullptr;
    uint64_t base, size;
    slab_init(&slab, "imsic", sizeof(struct region));
    for (uint32_t i = 0; dtb_reg(dtb, node, i, &base, &size); i++) {
        struct region *region = slab_take(&slab);
        volatile void *at = driver_map(dtb, node, i);
        if (region == nullptr || at == nullptr) return false;
        *region = (struct region){.base = base, .size = size, .at = at};
        *end = region;
        end = &region->next;
    }
    return regions != nullptr;
}

bool imsic_init(const struct dtb *dtb, uint32_t node)
{
    uint32_t entry;
    if (!driver_entry(dtb, node, &entry)) return false; // another mode's
    uint32_t count = driver_cell(dtb, node, "riscv,num-ids", 0);
    if (count < SIGNAL || count > IDENTITIES_MAX || !map_regions(dtb, node)) return false;
    if (file_of(entry) == nullptr) return false;
    identity_count = count;
    tree = dtb;
    imsic_node = node;
    guest_bits = driver_cell(dtb, node, "riscv,guest-index-bits", 0);
    hart_bits = driver_cell(dtb, node, "riscv,hart-index-bits", usual_hart_bits(dtb, node));
    group_bits = driver_cell(dtb, node, "riscv,group-index-bits", 0);
    group_shift = driver_cell(dtb, node, "riscv,group-index-shift", 24);
    (void)aplic_open_sender(dtb, driver_cell(dtb, node, "phandle", 0));
    interrupt_controller_register(&controller);
    return true;
}
