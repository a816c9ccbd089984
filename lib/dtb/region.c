// SPDX-License-Identifier: MIT
// Addresses and interrupts: numbers whose width another node tells (Devicetree Specification 0.4,
// sections 2.3 and 2.4).
#include "lib/dtb/cursor.h"

bool cursor_skip(struct cursor *cursor, uint64_t bytes)
{
    if (bytes > cursor->left) return false;
    cursor->at += bytes;
    cursor->left -= (uint32_t)bytes;
    return true;
}

bool cursor_number(struct cursor *cursor, uint32_t cells, uint64_t *number)
{
    if (cells > 4 || cursor->left < 4 * cells) return false;
    *number = 0;
    for (uint32_t i = 0; i < 4 * cells; i++) *number = *number << 8 | cursor->at[i];
    return cursor_skip(cursor, 4 * cells);
}

// Carries `address` from the bus `bus` up to its parent's; false when the bus does not let it
// through.
static bool translate(const struct dtb_node *bus, uint64_t *address)
{
    const struct dtb_property *ranges = dtb_property(bus, "ranges");
    if (ranges == nullptr) return false;
    if (ranges->size == 0) return true; // the same addresses
    uint32_t here = dtb_cell(bus, "#address-cells", ADDRESS_CELLS_DEFAULT);
    uint32_t sizes = dtb_cell(bus, "#size-cells", SIZE_CELLS_DEFAULT);
    uint32_t above = dtb_cell(bus->parent, "#address-cells", ADDRESS_CELLS_DEFAULT);
    struct cursor cursor = cursor_of(ranges);
    uint64_t child, parent, size;
    while (cursor_number(&cursor, here, &child) && cursor_number(&cursor, above, &parent) &&
           cursor_number(&cursor, sizes, &size)) {
        if (*address - child >= size) continue;
        *address = parent + (*address - child);
        return true;
    }
    return false;
}

bool cursor_translate(const struct dtb_node *bus, uint64_t *address)
{
    for (; bus->parent != nullptr; bus = bus->parent)
        if (!translate(bus, address)) return false;
    return true;
}

bool dtb_region(const struct dtb_node *node, uint32_t index, uint64_t *address, uint64_t *size)
{
    const struct dtb_property *property = dtb_property(node, "reg");
    if (property == nullptr || node->parent == nullptr) return false;
    uint32_t addresses = dtb_cell(node->parent, "#address-cells", ADDRESS_CELLS_DEFAULT);
    uint32_t sizes = dtb_cell(node->parent, "#size-cells", SIZE_CELLS_DEFAULT);
    if (addresses > 4 || sizes > 4) return false;
    struct cursor cursor = cursor_of(property);
    if (!cursor_skip(&cursor, (uint64_t)index * 4 * (addresses + sizes))) return false;
    if (!cursor_number(&cursor, addresses, address) || !cursor_number(&cursor, sizes, size))
        return false;
    return cursor_translate(node->parent, address);
}

bool cursor_interrupt(struct cursor *cursor, const struct dtb_node *controller,
                      struct dtb_interrupt *interrupt)
{
    if (controller == nullptr) return false;
    interrupt->controller = controller;
    interrupt->cell_count = dtb_cell(controller, "#interrupt-cells", 0);
    if (interrupt->cell_count == 0 || interrupt->cell_count > 4) return false;
    for (uint32_t i = 0; i < interrupt->cell_count; i++) {
        uint64_t cell;
        if (!cursor_number(cursor, 1, &cell)) return false;
        interrupt->cell[i] = (uint32_t)cell;
    }
    return true;
}

static bool extended(struct dtb_node *root, const struct dtb_property *property, uint32_t index,
                     struct dtb_interrupt *interrupt)
{
    struct cursor cursor = cursor_of(property);
    for (uint32_t i = 0; i <= index; i++) {
        uint64_t handle;
        if (!cursor_number(&cursor, 1, &handle)) return false;
        if (!cursor_interrupt(&cursor, dtb_by_handle(root, (uint32_t)handle), interrupt))
            return false;
    }
    return true;
}

bool dtb_interrupt(struct dtb_node *root, const struct dtb_node *node, uint32_t index,
                   struct dtb_interrupt *interrupt)
{
    const struct dtb_property *property = dtb_property(node, "interrupts-extended");
    if (property != nullptr) return extended(root, property, index, interrupt);
    property = dtb_property(node, "interrupts");
    if (property == nullptr) return false;
    uint32_t handle = 0;
    for (const struct dtb_node *at = node; at != nullptr && handle == 0; at = at->parent)
        handle = dtb_cell(at, "interrupt-parent", 0);
    struct cursor cursor = cursor_of(property);
    const struct dtb_node *controller = dtb_by_handle(root, handle);
    for (uint32_t i = 0; i <= index; i++)
        if (!cursor_interrupt(&cursor, controller, interrupt)) return false;
    return true;
}
