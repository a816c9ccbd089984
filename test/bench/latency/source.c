// SPDX-License-Identifier: MIT
// Intel's 8254x network controller, which tool/latency plugs into slot 16 of the first PCI bus. Its
// driver can raise its interrupt (register ICS), and after each interrupt it holds the next one
// back for the time in register ITR. (PCI/PCI-X Family of Gigabit Ethernet Controllers, sections
// 3.2.7.1 and 13.4.17 to 13.4.21.) Configuration space is where the DTB says, or behind the two
// ports of PCI 3.0, section 3.2.2.3.2.
#include "source.h"
#include <dtb/dtb.h>

enum : uint32_t {
    SLOT = 16,
    DEVICE_SHIFT = 15, // within the region of configuration space: 8 functions of 4 KiB
    CONFIG_ID = 0x00,
    CONFIG_COMMAND = 0x04,
    CONFIG_BAR = 0x10,
    COMMAND_MEMORY = 1u << 1,
    ID_82540EM = 0x100e'8086,
    PORT_ADDRESS = 0xcf8,
    PORT_DATA = 0xcfc,
    PORT_ENABLE = 1u << 31,

    REGISTER_ICR = 0xc0,
    REGISTER_ITR = 0xc4,
    REGISTER_ICS = 0xc8,
    REGISTER_IMS = 0xd0,
    CAUSE = 1u << 9, // MDIO access complete: nobody does one

    RANGE_CELLS = 7,
    RANGE_TYPE = 3u << 24,
    RANGE_MEMORY = 2u << 24,
    GIC_SHARED_FIRST = 32,
    ICH9_PIRQE = 20, // INTA of slot 16, by the default of ICH9's DxxIR registers
};

static volatile uint8_t *registers;
static volatile uint32_t *config; // nullptr: by ports

static bool window(uint64_t address, volatile void **at)
{
    fe_handle memory;
    void *mapped;
    if (fe_memory_window(guest_resource("memory"), address, FE_PAGE_SIZE, MEMORY_DEVICE, &memory) !=
            OK ||
        fe_memory_map(memory, 0, FE_PAGE_SIZE, MAP_READ | MAP_WRITE, &mapped) != OK) {
        return false;
    }
    *at = mapped;
    return fe_handle_close(memory) == OK;
}

static uint32_t config_read(uint32_t offset)
{
    uint32_t value = 0;
    if (config != nullptr) return config[offset / 4];
    uint32_t address = PORT_ENABLE | SLOT << 11 | offset;
    if (fe_port_write(guest_resource("port"), PORT_ADDRESS, 4, address) != OK ||
        fe_port_read(guest_resource("port"), PORT_DATA, 4, &value) != OK) {
        return 0;
    }
    return value;
}

static void config_write(uint32_t offset, uint32_t value)
{
    if (config != nullptr) {
        config[offset / 4] = value;
        return;
    }
    uint32_t address = PORT_ENABLE | SLOT << 11 | offset;
    if (fe_port_write(guest_resource("port"), PORT_ADDRESS, 4, address) == OK)
        (void)!fe_port_write(guest_resource("port"), PORT_DATA, 4, value);
}

static uint32_t cell(const struct dtb_property *property, uint32_t index)
{
    const uint8_t *at = property->value + 4 * index;
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

// The bus's first window for 32-bit memory: nobody else has taken of it.
static bool place(const struct dtb_node *bus)
{
    const struct dtb_property *ranges = dtb_property(bus, "ranges");
    for (uint32_t i = 0; ranges != nullptr && 4 * (i + RANGE_CELLS) <= ranges->size;
         i += RANGE_CELLS) {
        if ((cell(ranges, i) & RANGE_TYPE) != RANGE_MEMORY || cell(ranges, i + 1) != 0) continue;
        config_write(CONFIG_BAR, cell(ranges, i + 2));
        return true;
    }
    return false;
}

// Where INTA of the slot goes. (Devicetree Specification 0.4, section 2.4.3; PCI bus binding.)
static bool line_of(struct dtb_node *root, const struct dtb_node *bus, uint32_t *number)
{
    const struct dtb_property *map = dtb_property(bus, "interrupt-map");
    const struct dtb_property *mask = dtb_property(bus, "interrupt-map-mask");
    uint32_t cells = map == nullptr ? 0 : map->size / 4;
    if (mask == nullptr || mask->size != 16) return false;
    for (uint32_t i = 0; i + 5 <= cells;) {
        const struct dtb_node *controller = dtb_by_handle(root, cell(map, i + 4));
        if (controller == nullptr) return false;
        uint32_t specifier = i + 5 + dtb_cell(controller, "#address-cells", 0);
        uint32_t next = specifier + dtb_cell(controller, "#interrupt-cells", 0);
        if (next > cells || next == specifier) return false;
        if (cell(map, i) == (SLOT << 11 & cell(mask, 0)) && cell(map, i + 3) == 1) {
            *number = next - specifier < 3 ? cell(map, specifier)
                                           : GIC_SHARED_FIRST + cell(map, specifier + 1);
            return true;
        }
        i = next;
    }
    return false;
}

static bool find_by_dtb(const struct fe_start_handle *start, uint32_t *line)
{
    void *blob;
    uint64_t address, size;
    if (fe_memory_map(start->handle, 0, start->value, MAP_READ, &blob) != OK) return false;
    struct dtb_node *root = dtb_parse(blob, start->value), *bus = root;
    while (bus != nullptr && !dtb_is_compatible(bus, "pci-host-ecam-generic")) bus = dtb_next(bus);
    bool good = bus != nullptr && dtb_region(bus, 0, &address, &size) &&
                window(address + (SLOT << DEVICE_SHIFT), (volatile void **)&config) && place(bus) &&
                line_of(root, bus, line);
    dtb_free(root);
    return good;
}

static volatile uint32_t *at(uint32_t offset)
{
    return (volatile uint32_t *)(registers + offset);
}

bool source_open(fe_handle *interrupt)
{
    const struct fe_start_handle *start = fe_start_find("dtb");
    uint32_t line = ICH9_PIRQE;
    if (start != nullptr && !find_by_dtb(start, &line)) return false;
    if (config_read(CONFIG_ID) != ID_82540EM) return false;
    config_write(CONFIG_COMMAND, config_read(CONFIG_COMMAND) | COMMAND_MEMORY);
    if (!window(config_read(CONFIG_BAR) & ~15u, (volatile void **)&registers)) return false;
    *at(REGISTER_IMS) = CAUSE;
    return fe_interrupt_create(guest_resource("interrupt"), line, INTERRUPT_LEVEL, interrupt) == OK;
}

void source_raise(uint32_t steps)
{
    *at(REGISTER_ITR) = steps;
    *at(REGISTER_ICS) = CAUSE;
}

void source_raise_later(void)
{
    *at(REGISTER_ICS) = CAUSE;
}

void source_lower(void)
{
    (void)*at(REGISTER_ICR);
}
