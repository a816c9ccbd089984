// SPDX-License-Identifier: MIT
// The Advanced Platform-Level Interrupt Controller (The RISC-V Advanced Interrupt Architecture,
// chapter 4): wired lines, told to harts directly or as messages to their IMSICs. Firmware has
// given the kernel's domain its sources and said where messages go. Guarded by the kernel lock.
#include "aplic.h"
#include "driver.h"
#include "kernel/device/device.h"
#include "kernel/device/dtb.h"
#include "kernel/log.h"
#include "kernel/schedule/cpu.h"
#include <abi/object.h>
#include <arch/arch.h>

enum : uint32_t {
    DOMAIN = 0x0000,
    DOMAIN_ENABLE = 1u << 8,
    DOMAIN_MESSAGES = 1u << 2,
    SOURCE = 0x0004, // a word for each source, from number 1 on
    SOURCE_EDGE_RISING = 4,
    SOURCE_EDGE_FALLING = 5,
    SOURCE_LEVEL_HIGH = 6,
    SOURCE_LEVEL_LOW = 7,
    PENDING_SET = 0x1cdc, // takes a number; of a level, it is pending only if the line is
    INPUTS = 0x1d00,      // read: a bit for each source whose line is active
    CLEAR_ENABLES = 0x1f00,
    ENABLE_SET = 0x1edc,
    ENABLE_CLEAR = 0x1fdc,
    TARGET = 0x3004,
    TARGET_HART_SHIFT = 18,
    HART = 0x4000, // of each hart, without messages
    HART_SIZE = 32,
    HART_DELIVERY = 0x00,
    HART_THRESHOLD = 0x08,
    HART_CLAIM = 0x1c,
    CLAIM_NUMBER_SHIFT = 16,
    SOURCES_MAX = 1023,
};

static volatile uint8_t *registers;
static const struct dtb *tree;
static uint32_t aplic_node, source_count;
static bool sends_messages;

uint32_t aplic_count(void)
{
    return source_count;
}

static bool is_level(uint32_t source)
{
    return mmio_read(registers, SOURCE + 4 * (source - 1)) >= SOURCE_LEVEL_HIGH;
}

void aplic_mask(uint32_t source)
{
    mmio_write(registers, ENABLE_CLEAR, source);
}

// A message of a level is sent once: when the line is still active, it is time for another.
void aplic_unmask(uint32_t source)
{
    mmio_write(registers, ENABLE_SET, source);
    if (sends_messages && is_level(source)) mmio_write(registers, PENDING_SET, source);
}

enum status aplic_configure(uint32_t source, uint32_t flags, uint32_t hart, uint32_t identity)
{
    if (flags & ~(uint32_t)(INTERRUPT_EDGE | INTERRUPT_ACTIVE_LOW)) return ERR_BAD_ARGUMENT;
    ASSERT(source > 0 && source <= source_count);
    uint32_t mode = flags & INTERRUPT_EDGE ? SOURCE_EDGE_RISING : SOURCE_LEVEL_HIGH;
    if (flags & INTERRUPT_ACTIVE_LOW) mode++;
    aplic_mask(source);
    mmio_write(registers, SOURCE + 4 * (source - 1), mode);
    if (mmio_read(registers, SOURCE + 4 * (source - 1)) != mode) return ERR_NOT_SUPPORTED;
    mmio_write(registers, TARGET + 4 * (source - 1), hart << TARGET_HART_SHIFT | identity);
    return OK;
}

static bool open_registers(const struct dtb *dtb, uint32_t node)
{
    uint32_t count = driver_cell(dtb, node, "riscv,num-sources", 0);
    if (count == 0 || count > SOURCES_MAX) return false;
    registers = driver_map(dtb, node, 0);
    if (registers == nullptr) return false;
    tree = dtb;
    aplic_node = node;
    source_count = count;
    mmio_write(registers, DOMAIN, 0);
    for (uint32_t i = 0; i <= count / 32; i++)
        mmio_write(registers, CLEAR_ENABLES + 4 * i, UINT32_MAX);
    for (uint32_t i = 1; i <= count; i++) mmio_write(registers, SOURCE + 4 * (i - 1), 0);
    mmio_write(registers, DOMAIN, DOMAIN_ENABLE | (sends_messages ? DOMAIN_MESSAGES : 0));
    return true;
}

bool aplic_open_sender(const struct dtb *dtb, uint32_t phandle)
{
    uint32_t node = dtb_find_compatible(dtb, DTB_ROOT, "riscv,aplic");
    for (; node != DTB_NONE; node = dtb_find_compatible(dtb, node, "riscv,aplic")) {
        if (driver_cell(dtb, node, "msi-parent", 0) != phandle) continue;
        sends_messages = true;
        return open_registers(dtb, node);
    }
    return false;
}

// --- Without messages

// Of struct cpu: its index in the domain, and one more. 0: it gets none.
static uint32_t hart_registers(void)
{
    return HART + HART_SIZE * ((uint32_t)(uintptr_t)arch_cpu()->interrupt_port - 1);
}

static bool is_active(uint32_t source)
{
    return (mmio_read(registers, INPUTS + source / 32 * 4) & 1u << source % 32) != 0;
}

// A level that is there no more is none to tell of: emulators keep it pending once it was claimed.
static bool claim(uint32_t *number)
{
    *number = mmio_read(registers, hart_registers() + HART_CLAIM) >> CLAIM_NUMBER_SHIFT;
    return *number != 0 && (!is_level(*number) || is_active(*number));
}

static void complete(uint32_t number) {}

static bool is_valid(uint32_t number)
{
    return number > 0 && number <= source_count;
}

static enum status configure(uint32_t number, uint32_t *flags)
{
    uintptr_t own = (uintptr_t)arch_cpu()->interrupt_port;
    if (own == 0) own = (uintptr_t)cpu_list->interrupt_port;
    return aplic_configure(number, *flags, (uint32_t)own - 1, 1);
}

static enum status message_allocate(uint32_t device, uint32_t *number, uint64_t *address,
                                    uint32_t *data)
{
    return ERR_NOT_SUPPORTED;
}

static void message_free(uint32_t number) {}

static void init_cpu(void)
{
    struct dtb_property indexes;
    uint32_t entry;
    uint64_t index;
    CSR_SET(CSR_IE, (uintptr_t)1 << CAUSE_SIGNAL);
    if (!driver_entry(tree, aplic_node, &entry)) return; // it gets no interrupts of devices
    index = entry;
    if (dtb_property(tree, aplic_node, "riscv,hart-indexes", &indexes))
        (void)dtb_cells(&indexes, entry, 1, &index);
    arch_cpu()->interrupt_port = (void *)(uintptr_t)(index + 1);
    mmio_write(registers, hart_registers() + HART_THRESHOLD, 0);
    mmio_write(registers, hart_registers() + HART_DELIVERY, 1);
    CSR_SET(CSR_IE, (uintptr_t)1 << CAUSE_EXTERNAL);
}

static const struct interrupt_controller controller = {
    .name = "aplic",
    .init_cpu = init_cpu,
    .signal = signal_send,
    .take_signal = signal_take,
    .claim = claim,
    .complete = complete,
    .is_valid = is_valid,
    .configure = configure,
    .mask = aplic_mask,
    .unmask = aplic_unmask,
    .message_allocate = message_allocate,
    .message_free = message_free,
};

bool aplic_init(const struct dtb *dtb, uint32_t node)
{
    uint32_t entry;
    if (!driver_entry(dtb, node, &entry) || !open_registers(dtb, node)) return false;
    interrupt_controller_register(&controller);
    return true;
}
