// SPDX-License-Identifier: MIT
// Reading a flattened device tree (Devicetree Specification 0.4, chapter 5) into a tree of nodes.
// The blob comes from firmware and is not trusted: whatever is malformed makes dtb_parse fail.
// Nodes and properties point into the blob, which must outlive them. Not locked.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct dtb_property {
    const char *name;
    const uint8_t *value;
    uint32_t size;
    struct dtb_property *next;
};

struct dtb_node {
    const char *name; // with its unit address: "uart@9000000"; "" for the root
    struct dtb_node *parent, *first, *next;
    struct dtb_property *properties;
};

// The tree, or nullptr when the blob is malformed or memory is short. dtb_free() takes nullptr too.
struct dtb_node *dtb_parse(const void *blob, size_t size);
void dtb_free(struct dtb_node *root);

const struct dtb_property *dtb_property(const struct dtb_node *node, const char *name);
// A property of one cell, or `otherwise`.
uint32_t dtb_cell(const struct dtb_node *node, const char *name, uint32_t otherwise);
// A property that is a string (NUL-terminated within its size), or nullptr.
const char *dtb_text(const struct dtb_node *node, const char *name);
// The node after `node` in depth-first order; nullptr at the end.
struct dtb_node *dtb_next(const struct dtb_node *node);
struct dtb_node *dtb_by_handle(struct dtb_node *root, uint32_t handle);
// True unless its status says that it is disabled.
bool dtb_is_enabled(const struct dtb_node *node);

// Entry `index` of "reg", as the CPU sees it (translated through the "ranges" of the buses above).
// False: none.
bool dtb_region(const struct dtb_node *node, uint32_t index, uint64_t *address, uint64_t *size);

// Entry `index` of "interrupts" or "interrupts-extended": the controller's node and its cells.
// False: none.
struct dtb_interrupt {
    const struct dtb_node *controller;
    uint32_t cell[4];
    uint32_t cell_count;
};
bool dtb_interrupt(struct dtb_node *root, const struct dtb_node *node, uint32_t index,
                   struct dtb_interrupt *interrupt);

// Whether "compatible" lists `id`.
bool dtb_is_compatible(const struct dtb_node *node, const char *id);

// --- Bridges to PCI (PCI Bus Binding to IEEE 1275, revision 2.1; Linux' pci-msi and interrupt-map
// bindings, which firmware follows) ---

enum dtb_pci_space : uint32_t {
    DTB_PCI_CONFIG,
    DTB_PCI_PORT,
    DTB_PCI_MEMORY_32,
    DTB_PCI_MEMORY_64
};

// Entry `index` of the bridge's "ranges": `size` bytes at `inside` on PCI are at `address` for the
// CPU. False: none, or what is above the bridge does not let it through.
struct dtb_pci_window {
    enum dtb_pci_space space;
    bool is_prefetchable;
    uint64_t inside, address, size;
};
bool dtb_pci_window(const struct dtb_node *bridge, uint32_t index, struct dtb_pci_window *window);

// Where the interrupt pin (1 to 4: INTA to INTD) of the function whose first address cell is
// `place` (bus << 16 | slot << 11 | function << 8) goes, by "interrupt-map".
bool dtb_pci_interrupt(struct dtb_node *root, const struct dtb_node *bridge, uint32_t place,
                       uint32_t pin, struct dtb_interrupt *interrupt);

// What the controller of messages knows the function by whose requester id (bus << 8 | slot << 3 |
// function) is `requester`, by "msi-map"; without one they are the same. False: it has no messages.
bool dtb_pci_requester(const struct dtb_node *bridge, uint32_t requester, uint32_t *id);

// The first and the last bus behind the bridge, by "bus-range"; both stay without one.
void dtb_pci_buses(const struct dtb_node *bridge, uint32_t *first, uint32_t *last);
