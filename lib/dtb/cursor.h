// SPDX-License-Identifier: MIT
// Going through a property's cells: numbers of so many cells each, until the property ends.
#pragma once

#include <dtb/dtb.h>

enum : uint32_t { ADDRESS_CELLS_DEFAULT = 2, SIZE_CELLS_DEFAULT = 1 };

struct cursor {
    const uint8_t *at;
    uint32_t left; // bytes
};

static inline struct cursor cursor_of(const struct dtb_property *property)
{
    return (struct cursor){property->value, property->size};
}

bool cursor_skip(struct cursor *cursor, uint64_t bytes);

// A number of `cells` cells; those over 64 bits lose their high part (PCI's flags).
bool cursor_number(struct cursor *cursor, uint32_t cells, uint64_t *number);

// An interrupt of `controller` in as many cells as it takes.
bool cursor_interrupt(struct cursor *cursor, const struct dtb_node *controller,
                      struct dtb_interrupt *interrupt);

// Carries `address` from the bus `bus` and those above it to the CPU; false when one does not let
// it through. The root is no bus that has to.
bool cursor_translate(const struct dtb_node *bus, uint64_t *address);
