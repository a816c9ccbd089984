// SPDX-License-Identifier: MIT
// PCI functions (PCI Local Bus 3.0, section 6; PCI Express base, section 7) as the device manager
// sees them, behind the bridges to PCI that the machine has.
#pragma once

#include "device.h"
#include "slot.h"

struct dtb_node;

enum : uint32_t {
    CONFIG_VENDOR = 0x00,
    CONFIG_DEVICE = 0x02,
    CONFIG_COMMAND = 0x04,
    CONFIG_STATUS = 0x06,
    CONFIG_CLASS = 0x08,
    CONFIG_HEADER = 0x0e,
    CONFIG_REGION = 0x10,
    CONFIG_SECONDARY_BUS = 0x19,
    CONFIG_LAST_BUS = 0x1a,
    CONFIG_CAPABILITIES = 0x34,
    CONFIG_PIN = 0x3d,

    COMMAND_PORT = 1u << 0,
    COMMAND_MEMORY = 1u << 1,
    COMMAND_MASTER = 1u << 2,
    COMMAND_NO_PIN = 1u << 10,

    REGION_COUNT = 6,
    HEADER_BRIDGE = 1,
    CAPABILITY_EXPRESS = 0x10,
};

// Addresses that a host bridge lets through to PCI, and how far they are given out.
struct pci_window {
    uint64_t inside, address, size; // on PCI, for the CPU
    uint64_t next;                  // the first free address on PCI
};

enum pci_window_kind : uint32_t { PCI_LOW, PCI_HIGH, PCI_WINDOW_COUNT }; // below 4 GiB, anywhere

struct pci_host {
    uint64_t config; // physical address of the first bus's configuration space; 0: by I/O ports
    uint16_t segment;
    uint8_t first_bus, last_bus;
    uint8_t given_bus;            // the last that a bridge has
    struct dtb_node *tree, *node; // the device tree and the bridge in it; nullptr: not from there
    struct pci_window window[PCI_WINDOW_COUNT]; // size 0: firmware has placed everything
    volatile uint8_t *bus[256];                 // configuration space, mapped when first used
    const struct roots *roots;
};

struct pci_function {
    struct pci_host *host;
    const struct pci_function *bridge; // nullptr: on the host's own bus
    uint8_t bus, slot, function;
    uint16_t vendor, device;
    uint32_t class_code;
};

struct pci_region {         // what a base address register decodes
    uint64_t address, size; // on PCI; size 0: nothing
    bool is_port, is_wide, is_prefetchable;
};

// --- pci_config.c: configuration space, and what its standard part says ---

uint32_t pci_read(const struct pci_function *at, uint32_t offset, uint32_t width);
void pci_write(const struct pci_function *at, uint32_t offset, uint32_t width, uint32_t value);

// Opens the I/O ports of mechanism 1, for hosts without `config`.
enum status pci_config_open_ports(const struct roots *roots);

// Unmaps the configuration space of the host's buses.
void pci_config_close(struct pci_host *host);

// The first capability with `id` after `from` (0: the first of all), or 0.
uint32_t pci_capability(const struct pci_function *at, uint8_t id, uint32_t from);

// What base address register `index` decodes; decoding is off while it is sized. A bridge has fewer
// of them than other functions.
struct pci_region pci_region(const struct pci_function *at, uint32_t index);
uint32_t pci_region_count(const struct pci_function *at);
bool pci_is_bridge(const struct pci_function *at);

// --- pci_window.c: what a host bridge lets through ---

// Whether `size` bytes at `address` on PCI are in the window.
bool pci_window_has(const struct pci_window *window, uint64_t address, uint64_t size);

// The CPU's address for one on PCI.
uint64_t pci_address(const struct pci_host *host, uint64_t inside);

// The next place for `size` bytes, a power of two, aligned to it; 0: there is none.
uint64_t pci_window_take(struct pci_window *window, uint64_t size);

// --- pci_place.c: addresses for base address registers that firmware left without ---

// Counts what firmware has placed behind the function as given out.
void pci_place_reserve(const struct pci_function *at);

// Places whatever the function has that is not; tells about what there is no room for.
void pci_place(const struct pci_function *at);

// --- pci_bridge.c: buses behind bridges that firmware has not set up ---

struct pci_opening {
    uint64_t first[PCI_WINDOW_COUNT]; // addresses on PCI
    uint8_t bus;
};

// Counts what firmware has set up as given out.
void pci_bridge_reserve(const struct pci_function *at);

// What the bridge lets through, on PCI; size 0: nothing of this kind.
struct pci_window pci_bridge_window(const struct pci_function *at, enum pci_window_kind kind);

// Gives the bridge a bus; what is behind it is placed before pci_bridge_close. False: there is no
// bus left, or the bridge is of a kind that is not known. Slots whose cards come and go get room
// for more than is there.
bool pci_bridge_open(const struct pci_function *at, struct pci_opening *opening);
void pci_bridge_close(const struct pci_function *at, const struct pci_opening *opening);

// --- pci_interrupt.c ---

// Gives the device its "interrupt/0": a message of MSI-X or MSI where the function and the machine
// have those, else what its pin is wired to (*is_pin). ERR_NOT_FOUND: it has no interrupt.
enum status pci_add_interrupt(const struct pci_function *at, struct device *device, bool *is_pin);

// The same without pins, which others may share.
enum status pci_add_message(const struct pci_function *at, struct device *device);

// --- pci_virtio.c ---

// Adds the structures that a virtio function's vendor capabilities name (virtio 1.2,
// section 4.1.4); that of its interrupt status only `with_status`, since nothing tells it by
// messages. ERR_NOT_FOUND: it is no virtio device.
enum status pci_virtio_describe(const struct pci_function *at, struct device *device,
                                bool with_status);

// --- pci_slot.c: cards that come and go ---

// Whether a bridge is a port with such a slot.
bool pci_is_slot(const struct pci_function *at);

// Watches the slot of a port from now on. False: what is behind is not to be looked for now.
bool pci_slot_open(const struct pci_function *at);

bool pci_slot_has(const struct pci_host *host); // some slot is behind it: it has to stay

// The slot whose card a function is on; nullptr: none.
const struct pci_slot *pci_slot_of(const struct pci_function *at);

// --- pci_card.c: the functions of a card in a slot ---

struct pci_slot {
    struct pci_slot *next;
    struct pci_function *port; // a copy, as are the bridges above it
    struct device *device;     // as which the port is listed
    uint32_t capability;       // where its capability of PCI Express is
    uint32_t number;           // that people see
    struct slot slot;
};

void card_add(const struct pci_slot *slot);    // finds functions, and what drives them
void card_remove(const struct pci_slot *slot); // ends their drivers
bool card_is_empty(const struct pci_slot *slot);
void card_forget(const struct pci_slot *slot); // when it is empty

// --- pci.c ---

// Calls `visit` for each function of a bus and of those behind it.
void pci_walk(struct pci_host *host, const struct pci_function *bridge, uint8_t bus,
              void (*visit)(const struct pci_function *));

// Lists a function as a device; its identifiers and place.
void pci_announce(const struct pci_function *at);
void pci_name(const struct pci_function *at, struct device *device);

// A bridge that a device tree describes (`pci-host-ecam-generic`).
enum status pci_enumerate_tree(const struct roots *roots, struct dtb_node *tree,
                               struct dtb_node *node);
