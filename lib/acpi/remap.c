// SPDX-License-Identifier: MIT
// The IORT (Arm DEN 0049, IO Remapping Table): nodes that lead from one to the next by mapping
// numbers. A PCI root complex begins, memory management units may come in between, a group of
// interrupt translation services ends.
#include <acpi/acpi.h>
#include "lib/acpi/field.h"

enum : size_t {
    NODE_COUNT = 36,
    NODE_FIRST = 40,
    TABLE_SIZE = 48,

    NODE_LENGTH = 1,
    NODE_MAPPING_COUNT = 8,
    NODE_MAPPING_FIRST = 12,
    NODE_SIZE = 16,
    GROUP_COUNT = 16,
    GROUP_FIRST = 20,
    GROUP_SIZE = 24,
    ROOT_SEGMENT = 28,
    ROOT_SIZE = 32,

    MAPPING_LAST = 4, // how many more there are than the first
    MAPPING_OUTPUT = 8,
    MAPPING_NODE = 12,
    MAPPING_FLAGS = 16,
    MAPPING_SIZE = 20,
};
enum : uint32_t { MAPPING_SINGLE = 1u << 0 }; // for a node's own messages
enum : uint8_t { GROUP = 0, ROOT_COMPLEX = 2, UNIT = 3, UNIT_3 = 4 };

struct node {
    const uint8_t *at;
    size_t size;
};

// The node at an offset of the table; false: it is not whole.
static bool node_at(const struct acpi_table *table, size_t offset, struct node *node)
{
    if (offset > table->size || table->size - offset < NODE_SIZE) return false;
    node->at = table->data + offset;
    node->size = field_16(node->at + NODE_LENGTH);
    return node->size >= NODE_SIZE && node->size <= table->size - offset;
}

// The mapping of a number out of `node`: the number becomes the next node's.
static bool node_next(const struct acpi_table *table, struct node *node, uint32_t *number)
{
    uint32_t count = field_32(node->at + NODE_MAPPING_COUNT);
    size_t first = field_32(node->at + NODE_MAPPING_FIRST);
    if (first > node->size || count > (node->size - first) / MAPPING_SIZE) return false;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *mapping = node->at + first + i * MAPPING_SIZE;
        uint32_t input = field_32(mapping);
        bool is_own = field_32(mapping + MAPPING_FLAGS) & MAPPING_SINGLE;
        if (is_own || *number < input || *number - input > field_32(mapping + MAPPING_LAST))
            continue;
        *number = field_32(mapping + MAPPING_OUTPUT) + (*number - input);
        return node_at(table, field_32(mapping + MAPPING_NODE), node);
    }
    return false;
}

// As many steps as there is room for nodes: no way that ends has more.
static bool node_follow(const struct acpi_table *table, struct node node, uint32_t requester,
                        struct acpi_sender *sender)
{
    uint32_t number = requester;
    for (size_t steps = table->size / NODE_SIZE; steps > 0; steps--) {
        if (!node_next(table, &node, &number)) return false;
        if (*node.at == GROUP) {
            if (node.size < GROUP_SIZE || field_32(node.at + GROUP_COUNT) == 0) return false;
            *sender = (struct acpi_sender){number, field_32(node.at + GROUP_FIRST)};
            return true;
        }
        if (*node.at != UNIT && *node.at != UNIT_3) return false;
    }
    return false;
}

bool acpi_sender_find(const struct acpi_table *iort, uint16_t segment, uint16_t requester,
                      struct acpi_sender *sender)
{
    if (iort->size < TABLE_SIZE) return false;
    uint32_t count = field_32(iort->data + NODE_COUNT);
    size_t offset = field_32(iort->data + NODE_FIRST);
    struct node node;
    for (uint32_t i = 0; i < count && node_at(iort, offset, &node); i++, offset += node.size) {
        if (*node.at != ROOT_COMPLEX || node.size < ROOT_SIZE) continue;
        if (field_32(node.at + ROOT_SEGMENT) == segment &&
            node_follow(iort, node, requester, sender))
            return true;
    }
    return false;
}
