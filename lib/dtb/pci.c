// SPDX-License-Identifier: MIT
// What a device tree tells of a bridge to PCI: its windows, interrupt pins and message interrupts.
// An address on PCI has three cells: flags with the function's place, then 64 bits.
#include "lib/dtb/cursor.h"

enum : uint32_t {
    PCI_CELLS = 3,
    SPACE_SHIFT = 24,
    PREFETCHABLE = 1u << 30,
    MAP_CELLS_MAX = 4, // of an address or an interrupt in a map: more are none that is known
};

bool dtb_pci_window(const struct dtb_node *bridge, uint32_t index, struct dtb_pci_window *window)
{
    const struct dtb_property *ranges = dtb_property(bridge, "ranges");
    if (ranges == nullptr || bridge->parent == nullptr) return false;
    uint32_t above = dtb_cell(bridge->parent, "#address-cells", ADDRESS_CELLS_DEFAULT);
    uint32_t sizes = dtb_cell(bridge, "#size-cells", SIZE_CELLS_DEFAULT);
    if (dtb_cell(bridge, "#address-cells", 0) != PCI_CELLS || above > 4 || sizes > 4) return false;

    struct cursor cursor = cursor_of(ranges);
    uint64_t flags;
    if (!cursor_skip(&cursor, (uint64_t)index * 4 * (PCI_CELLS + above + sizes))) return false;
    if (!cursor_number(&cursor, 1, &flags) || !cursor_number(&cursor, 2, &window->inside) ||
        !cursor_number(&cursor, above, &window->address) ||
        !cursor_number(&cursor, sizes, &window->size)) {
        return false;
    }
    window->space = (enum dtb_pci_space)(flags >> SPACE_SHIFT & 3);
    window->is_prefetchable = (flags & PREFETCHABLE) != 0;
    return cursor_translate(bridge->parent, &window->address);
}

struct map_row {
    uint64_t cell[2 * MAP_CELLS_MAX]; // of the function's address, then of its pin
    struct dtb_interrupt interrupt;
};

// One row of "interrupt-map": who asks, the controller, an address of its, and its own cells.
static bool row_read(struct dtb_node *root, struct cursor *cursor, uint32_t cells,
                     struct map_row *row)
{
    uint64_t handle, skipped;
    for (uint32_t i = 0; i < cells; i++)
        if (!cursor_number(cursor, 1, &row->cell[i])) return false;
    if (!cursor_number(cursor, 1, &handle)) return false;
    const struct dtb_node *controller = dtb_by_handle(root, (uint32_t)handle);
    if (controller == nullptr) return false;
    uint32_t address = dtb_cell(controller, "#address-cells", 0);
    return cursor_number(cursor, address, &skipped) &&
           cursor_interrupt(cursor, controller, &row->interrupt);
}

bool dtb_pci_interrupt(struct dtb_node *root, const struct dtb_node *bridge, uint32_t place,
                       uint32_t pin, struct dtb_interrupt *interrupt)
{
    const struct dtb_property *map = dtb_property(bridge, "interrupt-map");
    const struct dtb_property *mask = dtb_property(bridge, "interrupt-map-mask");
    const uint64_t want[PCI_CELLS + 1] = {place, 0, 0, pin};
    if (map == nullptr || dtb_cell(bridge, "#address-cells", 0) != PCI_CELLS ||
        dtb_cell(bridge, "#interrupt-cells", 0) != 1) {
        return false;
    }
    struct cursor rows = cursor_of(map);
    struct map_row row;
    while (row_read(root, &rows, PCI_CELLS + 1, &row)) {
        struct cursor bits = mask == nullptr ? (struct cursor){} : cursor_of(mask);
        bool is_it = true;
        for (uint32_t i = 0; i <= PCI_CELLS; i++) {
            uint64_t matters;
            if (!cursor_number(&bits, 1, &matters)) matters = UINT32_MAX;
            if (((row.cell[i] ^ want[i]) & matters) != 0) is_it = false;
        }
        if (!is_it) continue;
        *interrupt = row.interrupt;
        return true;
    }
    return false;
}

bool dtb_pci_requester(const struct dtb_node *bridge, uint32_t requester, uint32_t *id)
{
    const struct dtb_property *map = dtb_property(bridge, "msi-map");
    *id = requester;
    if (map == nullptr) return dtb_property(bridge, "msi-parent") != nullptr;
    uint32_t matters = dtb_cell(bridge, "msi-map-mask", UINT32_MAX);
    struct cursor cursor = cursor_of(map);
    uint64_t first, controller, base, count;
    requester &= matters;
    while (cursor_number(&cursor, 1, &first) && cursor_number(&cursor, 1, &controller) &&
           cursor_number(&cursor, 1, &base) && cursor_number(&cursor, 1, &count)) {
        if (requester < first || requester - first >= count) continue;
        *id = (uint32_t)base + (requester - (uint32_t)first);
        return true;
    }
    return false;
}

void dtb_pci_buses(const struct dtb_node *bridge, uint32_t *first, uint32_t *last)
{
    const struct dtb_property *range = dtb_property(bridge, "bus-range");
    uint64_t from, to;
    if (range == nullptr) return;
    struct cursor cursor = cursor_of(range);
    if (!cursor_number(&cursor, 1, &from) || !cursor_number(&cursor, 1, &to)) return;
    if (from > to || to > UINT8_MAX) return;
    *first = (uint32_t)from;
    *last = (uint32_t)to;
}
