// SPDX-License-Identifier: MIT
// The device tree reader against a small tree made here by hand, and against everything that can be
// wrong with one: each truncation and each byte changed. Under ASan a read outside of the blob ends
// the test.
#include "dtb.h"
#include "dtb_sample.h"
#include "test/unit.h"
#include <stdlib.h>

TEST("nodes are found by path, with and without unit addresses")
{
    struct dtb dtb;
    make();
    EXPECT(dtb_open(&dtb, blob, blob_size));
    EXPECT(dtb_find(&dtb, "/") == DTB_ROOT);
    uint32_t memory = dtb_find(&dtb, "/memory");
    EXPECT(memory != DTB_NONE && memory == dtb_find(&dtb, "/memory@40000000"));
    EXPECT(dtb_string_is(&dtb, memory, "device_type", "memory"));
    uint32_t uart = dtb_find(&dtb, "/bus@f0000000/uart@180");
    EXPECT(uart != DTB_NONE && uart == dtb_find_phandle(&dtb, 7));
    EXPECT(dtb_find(&dtb, "/bus/nothing") == DTB_NONE);
    EXPECT(dtb_find(&dtb, "/mem") == DTB_NONE);
    EXPECT(dtb_find(&dtb, "/memory/uart") == DTB_NONE);
}

TEST("the tree is walked in order, up, down and across")
{
    struct dtb dtb;
    make();
    EXPECT(dtb_open(&dtb, blob, blob_size));
    uint32_t memory = dtb_child(&dtb, DTB_ROOT), bus = dtb_sibling(&dtb, memory);
    uint32_t first = dtb_child(&dtb, bus), second = dtb_sibling(&dtb, first);
    EXPECT(strcmp(dtb_name(&dtb, bus), "bus@f0000000") == 0);
    EXPECT(strcmp(dtb_name(&dtb, second), "uart@9000") == 0);
    EXPECT(dtb_sibling(&dtb, second) == DTB_NONE && dtb_child(&dtb, second) == DTB_NONE);
    EXPECT(strcmp(dtb_name(&dtb, dtb_next(&dtb, second)), "aliases") == 0);
    EXPECT(dtb_parent(&dtb, second) == bus && dtb_parent(&dtb, bus) == DTB_ROOT);
    EXPECT(dtb_parent(&dtb, DTB_ROOT) == DTB_NONE);
}

TEST("the console is found through an alias")
{
    struct dtb dtb;
    make();
    EXPECT(dtb_open(&dtb, blob, blob_size));
    uint32_t uart = dtb_find_console(&dtb);
    EXPECT(uart != DTB_NONE && uart == dtb_find_compatible(&dtb, DTB_ROOT, "arm,pl011"));
    EXPECT(!dtb_is_enabled(&dtb, uart) && dtb_is_enabled(&dtb, DTB_ROOT));
}

TEST("reg is translated through ranges, and refused where they do not reach")
{
    struct dtb dtb;
    uint64_t base, size;
    make();
    EXPECT(dtb_open(&dtb, blob, blob_size));
    EXPECT(dtb_reg(&dtb, dtb_find(&dtb, "/bus/uart@180"), 0, &base, &size));
    EXPECT(base == 0xf0000080 && size == 0x80);
    EXPECT(!dtb_reg(&dtb, dtb_find(&dtb, "/bus/uart@180"), 1, &base, &size));
    EXPECT(!dtb_reg(&dtb, dtb_find(&dtb, "/bus/uart@9000"), 0, &base, &size));
    EXPECT(dtb_reg(&dtb, dtb_find(&dtb, "/memory"), 1, &base, &size));
    EXPECT(base == 0x1'0000'0000 && size == 0x1000);
    EXPECT(!dtb_reg(&dtb, dtb_find(&dtb, "/memory"), 2, &base, &size));
    EXPECT(!dtb_reg(&dtb, dtb_find(&dtb, "/memory"), UINT32_MAX, &base, &size));
}

TEST("reservations are read")
{
    struct dtb dtb;
    uint64_t base, size;
    make();
    EXPECT(dtb_open(&dtb, blob, blob_size) && dtb.reserve_count == 1);
    dtb_reservation(&dtb, 0, &base, &size);
    EXPECT(base == 0x1000 && size == 0x2000);
}

TEST("seeds are mixed in, and nobody else finds them")
{
    static const uint8_t zero[36];
    struct dtb dtb;
    struct dtb_property property;
    uint8_t seed[64] = {}, again[64] = {};
    make();
    EXPECT(dtb_open(&dtb, blob, blob_size));
    EXPECT(dtb_seed_take(&dtb, seed) == 44);
    EXPECT(seed[0] == 1 && seed[3] == 4 && seed[7] == 5);
    EXPECT(seed[32] == (0x11 ^ 0x21) && seed[35] == (0x14 ^ 0x24) && seed[39] == 25);
    EXPECT(dtb_property(&dtb, dtb_find(&dtb, "/chosen"), "rng-seed", &property));
    EXPECT(property.size == 36 && memcmp(property.data, zero, 36) == 0);
    EXPECT(dtb_property(&dtb, dtb_find(&dtb, "/chosen"), "kaslr-seed", &property));
    EXPECT(property.size == 8 && memcmp(property.data, zero, 8) == 0);
    EXPECT(dtb_seed_take(&dtb, again) == 0);
    EXPECT(memcmp(again, zero, 36) == 0 && dtb_find_console(&dtb) != DTB_NONE);
}

TEST("no truncation is accepted")
{
    struct dtb dtb;
    make();
    for (uint32_t size = 0; size < blob_size; size++) {
        uint8_t *part = malloc(size == 0 ? 1 : size);
        memcpy(part, blob, size);
        bool opened = dtb_open(&dtb, part, size);
        if (!opened && size >= 40) { // as if the header had been made for it
            put32(part + 4, size);
            read_all(part, size);
        }
        free(part);
        EXPECT(!opened);
    }
}

TEST("no changed byte leads outside of the blob")
{
    make();
    uint8_t *part = malloc(blob_size);
    static const uint8_t values[] = {0x00, 0x01, 0x02, 0x03, 0x09, 0x7f, 0x80, 0xff};
    for (uint32_t at = 0; at < blob_size; at++) {
        for (uint32_t i = 0; i < sizeof values; i++) {
            memcpy(part, blob, blob_size);
            part[at] = values[i];
            read_all(part, blob_size);
        }
    }
    free(part);
    EXPECT(blob_size > 0);
}
