// SPDX-License-Identifier: MIT
// From a device's interrupt to the thread that waits for it, which is more urgent than the running
// one. The interrupt comes at an instant that is known: a store of the running thread's makes it.
// Where there are message-signalled interrupts, it is the store that a device would do; else it
// opens a mask that holds an interrupt back: that of a PL011's transmitter, which the kernel's
// console left with nothing to do, or that of a Goldfish clock, whose alarm was due long ago.
#include "measure.h"

#include <dtb/dtb.h>

enum : uint32_t {
    PL011_MASK = 0x38,
    PL011_RAW = 0x3c, // interrupts, masked or not
    PL011_TRANSMIT = 1u << 5,
    GOLDFISH_ALARM_LOW = 0x08, // what is written here comes into force
    GOLDFISH_ALARM_HIGH = 0x0c,
    GOLDFISH_ENABLE = 0x10,
    GIC_SHARED_FIRST = 32,
};

static struct {
    volatile uint32_t *raise; // where the store goes, and what
    uint32_t value;
    bool is_level; // until 0 is stored there
    fe_handle interrupt;
} device;

static volatile struct spans spans;
static fe_handle event, done;

static bool map_registers(uint64_t address, volatile uint8_t **registers)
{
    fe_handle memory;
    void *at;
    uint64_t offset = address % FE_PAGE_SIZE;
    if (fe_memory_window(guest_resource("memory"), address - offset, FE_PAGE_SIZE, MEMORY_DEVICE,
                         &memory) != OK) {
        return false;
    }
    if (fe_memory_map(memory, 0, FE_PAGE_SIZE, MAP_READ | MAP_WRITE, &at) != OK) return false;
    *registers = (volatile uint8_t *)at + offset;
    return fe_handle_close(memory) == OK;
}

static bool find_message(void)
{
    uint64_t address;
    volatile uint8_t *at;
    if (fe_interrupt_message(guest_resource("msi"), &device.interrupt, &address, &device.value) !=
        OK) {
        return false;
    }
    if (!map_registers(address, &at)) return false;
    device.raise = (volatile uint32_t *)at;
    return true;
}

static volatile uint32_t *at(volatile uint8_t *registers, uint32_t offset)
{
    return (volatile uint32_t *)(registers + offset);
}

static bool use(volatile uint8_t *registers, uint32_t mask, uint32_t value, uint32_t number)
{
    device.raise = at(registers, mask);
    device.value = value;
    device.is_level = true;
    return fe_interrupt_create(guest_resource("interrupt"), number, INTERRUPT_LEVEL,
                               &device.interrupt) == OK;
}

static bool use_pl011(volatile uint8_t *registers, const struct dtb_interrupt *line)
{
    if (line->cell_count < 3 || line->cell[0] != 0) return false;
    return (*at(registers, PL011_RAW) & PL011_TRANSMIT) != 0 &&
           use(registers, PL011_MASK, PL011_TRANSMIT, GIC_SHARED_FIRST + line->cell[1]);
}

static bool use_goldfish(volatile uint8_t *registers, const struct dtb_interrupt *line)
{
    *at(registers, GOLDFISH_ALARM_HIGH) = 0;
    *at(registers, GOLDFISH_ALARM_LOW) = 0;
    return use(registers, GOLDFISH_ENABLE, 1, line->cell[0]);
}

static bool find_line(const char *name,
                      bool (*take)(volatile uint8_t *registers, const struct dtb_interrupt *line))
{
    const struct fe_start_handle *start = fe_start_find("dtb");
    uint64_t address, size;
    struct dtb_interrupt line;
    volatile uint8_t *registers;
    void *blob;
    if (start == nullptr || fe_memory_map(start->handle, 0, start->value, MAP_READ, &blob) != OK)
        return false;
    struct dtb_node *root = dtb_parse(blob, start->value);
    const struct dtb_node *node = root;
    while (node && !(dtb_is_compatible(node, name) && dtb_is_enabled(node))) node = dtb_next(node);
    bool is_found = node && dtb_region(node, 0, &address, &size) &&
                    dtb_interrupt(root, node, 0, &line) && map_registers(address, &registers) &&
                    take(registers, &line);
    dtb_free(root);
    return is_found;
}

static void urgent(void *)
{
    uint64_t bits;
    for (uint32_t i = 0; i < WARM_UP + ROUNDS; i++) {
        if (fe_event_wait(event, 1, FE_FOREVER, &bits) != OK) return;
        span_end(&spans);
        if (device.is_level) *device.raise = 0;
        if (fe_interrupt_acknowledge(device.interrupt) != OK) return;
    }
    (void)!fe_event_signal(done, 1);
}

TEST("a device's interrupt, until the thread that waits for it runs")
{
    uint64_t bits;
    EXPECT(find_message() || find_line("arm,pl011", use_pl011) ||
           find_line("google,goldfish-rtc", use_goldfish));
    EXPECT(fe_event_create(&event) == OK && fe_event_create(&done) == OK);
    EXPECT(fe_interrupt_bind(device.interrupt, event, 1) == OK);
    EXPECT(guest_thread(urgent, nullptr, PRIORITY_DRIVER) == OK);
    for (uint32_t i = 0; i < WARM_UP + ROUNDS; i++) {
        span_begin(&spans);
        *device.raise = device.value;
        EXPECT(spans.count == i + 1);
    }
    EXPECT(fe_event_wait(done, 1, fe_clock_after(10 * SECOND), &bits) == OK);
    EXPECT_ALL(spans_report("irq_to_thread", &spans));
}
