// SPDX-License-Identifier: MIT
// The checksum, copies, and memory that is kept: against the plain way.
#include <stdbool.h> // the C of lwIP has none of its own

#include "test/unit.h"

#include <arch/cc.h>
#include <stdlib.h>
#include <string.h>

enum : size_t { MOST = 700 };

static uint16_t plain(const uint8_t *at, size_t size)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < size; i++) sum += i % 2 == 0 ? at[i] : (uint32_t)at[i] << 8;
    while (sum > UINT16_MAX) sum = (sum & UINT16_MAX) + (sum >> 16);
    return (uint16_t)sum;
}

TEST("the checksum of every size, from every place")
{
    uint8_t *bytes = malloc(MOST + 8);
    for (size_t i = 0; i < MOST + 8; i++) bytes[i] = (uint8_t)(i * 37 + i / 7);
    for (size_t size = 0; size < MOST; size++)
        EXPECT(lwip_checksum(bytes + size % 8, (int)size) == plain(bytes + size % 8, size));
    memset(bytes, 0xff, MOST);
    EXPECT(lwip_checksum(bytes, MOST) == 0xffff);
    free(bytes);
}

TEST("a copy of every size writes nothing else")
{
    static uint8_t from[MOST], to[MOST + 1];
    for (size_t i = 0; i < MOST; i++) from[i] = (uint8_t)(i * 11 + 1);
    for (size_t size = 0; size < MOST; size++) {
        memset(to, 0, sizeof to);
        lwip_copy(to, from, size);
        EXPECT(memcmp(to, from, size) == 0);
        EXPECT(to[size] == 0);
    }
}

TEST("memory is as large as was asked for, aligned, and had again")
{
    static const size_t sizes[] = {1, 48, 49, 2032, 2033, 40000, 65600, 90000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *first = lwip_heap_allocate(sizes[i]);
        EXPECT((uintptr_t)first % 16 == 0);
        memset(first, 0x5a, sizes[i]);
        lwip_heap_free(first);
        uint8_t *second = lwip_heap_allocate_zeroed(sizes[i], 1);
        if (sizes[i] < 80000) EXPECT(first == second);
        for (size_t k = 0; k < sizes[i]; k++) EXPECT(second[k] == 0);
        lwip_heap_free(second);
    }
    lwip_heap_free(NULL);
    EXPECT(lwip_heap_allocate(SIZE_MAX) == NULL);
    EXPECT(lwip_heap_allocate_zeroed(SIZE_MAX / 2, 3) == NULL);
}

TEST("what is kept has a bound")
{
    enum { COUNT = 400 };
    static void *made[COUNT];
    for (int i = 0; i < COUNT; i++) made[i] = lwip_heap_allocate(60000);
    for (int i = 0; i < COUNT; i++) lwip_heap_free(made[i]);
    EXPECT(lwip_heap_kept() <= 3 << 20);
    EXPECT(lwip_heap_kept() > 2 << 20);
}
