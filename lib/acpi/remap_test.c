// SPDX-License-Identifier: MIT
// Tests of the IORT: a root complex behind a memory management unit, one that has an ITS of its
// own, and whatever a table can say wrongly. Each table is a copy of exactly its size.
#include "test/unit.h"

#include <acpi/acpi.h>
#include <stdlib.h>
#include <string.h>

enum : uint32_t { SIZE = 300, GROUP_A = 48, GROUP_B = 72, UNIT = 96, ROOT_0 = 180, ROOT_1 = 240 };
enum : uint32_t { NODE_ROOM = 16, UNIT_SIZE = 84, ROOT_SIZE = 60, GROUP_SIZE = 24 };

static uint8_t bytes[SIZE];

static void put(uint32_t at, uint32_t value, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) bytes[at + i] = (uint8_t)(value >> 8 * i);
}

static void put_node(uint32_t at, uint8_t type, uint32_t size, uint32_t mappings, uint32_t first)
{
    put(at, type, 1);
    put(at + 1, size, 2);
    put(at + 8, mappings, 4);
    put(at + 12, first, 4);
}

struct mapping {
    uint32_t input, more, output, node, flags;
};

static void put_mapping(uint32_t at, struct mapping mapping)
{
    put(at, mapping.input, 4);
    put(at + 4, mapping.more, 4);
    put(at + 8, mapping.output, 4);
    put(at + 12, mapping.node, 4);
    put(at + 16, mapping.flags, 4);
}

static void build(void)
{
    memset(bytes, 0, sizeof bytes);
    put(36, 5, 4);
    put(40, 48, 4);
    put_node(GROUP_A, 0, GROUP_SIZE, 0, 0);
    put(GROUP_A + 16, 1, 4);
    put(GROUP_A + 20, 7, 4);
    put_node(GROUP_B, 0, GROUP_SIZE, 0, 0);
    put(GROUP_B + 16, 1, 4);
    put(GROUP_B + 20, 9, 4);
    put_node(UNIT, 4, UNIT_SIZE, 2, UNIT_SIZE - 40);
    put_mapping(UNIT + UNIT_SIZE - 40, (struct mapping){0, 0xffff, 0xdead, GROUP_B, 1});
    put_mapping(UNIT + UNIT_SIZE - 20, (struct mapping){0x10000, 0xfff, 0x20000, GROUP_A, 0});
    put_node(ROOT_0, 2, ROOT_SIZE, 1, 40);
    put_mapping(ROOT_0 + 40, (struct mapping){0x100, 0xff, 0x10000, UNIT, 0});
    put_node(ROOT_1, 2, ROOT_SIZE, 1, 40);
    put(ROOT_1 + 28, 1, 4);
    put_mapping(ROOT_1 + 40, (struct mapping){0, 0xffff, 0, GROUP_B, 0});
}

static bool find(uint32_t size, uint16_t segment, uint16_t requester, struct acpi_sender *sender)
{
    uint8_t *copy = malloc(size);
    memcpy(copy, bytes, size);
    const struct acpi_table table = {.data = copy, .size = size};
    bool found = acpi_sender_find(&table, segment, requester, sender);
    free(copy);
    return found;
}

TEST("a requester becomes what its ITS knows it by, node by node")
{
    struct acpi_sender sender;
    build();
    EXPECT(find(SIZE, 0, 0x100, &sender) && sender.id == 0x20000 && sender.its == 7);
    EXPECT(find(SIZE, 0, 0x1ff, &sender) && sender.id == 0x200ff && sender.its == 7);
    EXPECT(find(SIZE, 1, 0x1234, &sender) && sender.id == 0x1234 && sender.its == 9);
}

TEST("what no mapping has, and what is of another segment, is not heard")
{
    struct acpi_sender sender;
    build();
    EXPECT(!find(SIZE, 0, 0xff, &sender) && !find(SIZE, 0, 0x200, &sender));
    EXPECT(!find(SIZE, 2, 0x100, &sender));
    put(GROUP_A + 16, 0, 4); // a group of none
    EXPECT(!find(SIZE, 0, 0x100, &sender));
}

TEST("nodes in a circle come to an end")
{
    struct acpi_sender sender;
    build();
    put_mapping(UNIT + UNIT_SIZE - 20, (struct mapping){0, UINT32_MAX, 0, UNIT, 0});
    EXPECT(!find(SIZE, 0, 0x100, &sender));
}

TEST("a table that is cut, or wrong in any byte, is read no farther than it is")
{
    struct acpi_sender sender;
    build();
    for (uint32_t size = 0; size < SIZE; size++) EXPECT(!find(size, 1, 0x1234, &sender));
    for (uint32_t at = 0; at < SIZE; at++) {
        uint8_t was = bytes[at];
        for (uint32_t value = 0; value < 256; value += 15) {
            bytes[at] = (uint8_t)value;
            (void)find(SIZE, 0, 0x100, &sender);
        }
        bytes[at] = was;
    }
}
