// SPDX-License-Identifier: MIT
// Addresses and interrupts: numbers whose width another node tells (Devicetree Specification 0.4,
// sections 2.3 and 2.4).
#include <dtb/dtb.h>

enum : uint32_t { ADDRESS_CELLS_DEFAULT = 2, SIZE_CELLS_DEFAULT = 1 };

struct cursor {
    const uint8_t *at;
    uint32_t left; // bytes
};

static bool skip_to(struct cursor *cursor, uint64_t bytes)
{
    if (bytes > cursor->left) return false;
    cursor->at += bytes;
    cursor->left -= (uint32_t)bytes;
    return true;
}

// A number of `cells` cells; those over 64 bits lose their high part (PCI's flags).
static bool take_number(struct cursor *cursor, uint32_t cells, uint64_t *number)
{
    if (cells > 4 || cursor->left < 4 * cells) return false;
    *number = 0;
    for (uint32_t i = 0; i < 4 * cells; i++) *number = *number << 8 | cursor->at[i];
    return skip_to(cursor, 4 * cells);
}

static struct cursor cursor_of(const struct dtb_property *property)
{
    return (struct cursor){property->value, property->size};
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
    while (take_number(&cursor, here, &child) && take_number(&cursor, above, &parent) &&
           take_number(&cursor, sizes, &size)) {
        if (*address - child >= size) continue;
        *address = parent + (*address - child);
        return true;
    }
    return false;
}

bool dtb_region(const struct dtb_node *node, uint32_t index, uint64_t *address, uint64_t *size)
{
    const struct dtb_property *property = dtb_property(node, "reg");
    if (property == nullptr || node->parent == nullptr) return false;
    uint32_t addresses = dtb_cell(node->parent, "#address-cells", ADDRESS_CELLS_DEFAULT);
    uint32_t sizes = dtb_cell(node->parent, "#size-cells", SIZE_CELLS_DEFAULT);
    if (addresses > 4 || sizes > 4) return false;
    struct cursor cursor = cursor_of(property);
    if (!skip_to(&cursor, (uint64_t)index * 4 * (addresses + sizes))) return false;
    if (!take_number(&cursor, addresses, address) || !take_number(&cursor, sizes, size))
        return false;
    for (const struct dtb_node *bus = node->parent; bus->parent != nullptr; bus = bus->parent)
        if (!translate(bus, address)) return false;
    return true;
}

static bool fill(struct cursor *cursor, const struct dtb_node *controller,
                 struct dtb_interrupt *interrupt)
{
    if (controller == nullptr) return false;
    interrupt->controller = controller;
    interrupt->cell_count = dtb_cell(controller, "#interrupt-cells", 0);
    if (interrupt->cell_count == 0 || interrupt->cell_count > 4) return false;
    for (uint32_t i = 0; i < interrupt->cell_count; i++) {
        uint64_t cell;
        if (!take_number(cursor, 1, &cell)) return false;
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
        if (!take_number(&cursor, 1, &handle)) return false;
        if (!fill(&cursor, dtb_by_handle(root, (uint32_t)handle), interrupt)) return false;
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
        if (!fill(&cursor, controller, interrupt)) return false;
    return true;
}
