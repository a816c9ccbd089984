// SPDX-License-Identifier: MIT
// A small device tree made by hand, for the reader's tests and fuzzer: RAM in two pieces, a bus
// that translates addresses, a serial port on it that is the console by way of an alias, a
// reservation.
#pragma once

#include "dtb.h"
#include <string.h>

static uint8_t structure[2048], strings[512], blob[4096];
static uint32_t structure_size, strings_size, blob_size;

static void put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void token(uint32_t value)
{
    put32(structure + structure_size, value);
    structure_size += 4;
}

static void bytes(const void *data, uint32_t size)
{
    memcpy(structure + structure_size, data, size);
    structure_size += (size + 3) & ~3u;
}

static void begin(const char *name)
{
    token(1);
    bytes(name, (uint32_t)strlen(name) + 1);
}

static void property(const char *name, const void *data, uint32_t size)
{
    token(3);
    token(size);
    token(strings_size);
    memcpy(strings + strings_size, name, strlen(name) + 1);
    strings_size += (uint32_t)strlen(name) + 1;
    bytes(data, size);
}

static void cells(const char *name, uint32_t count, const uint32_t *value)
{
    uint8_t data[64];
    for (uint32_t i = 0; i < count; i++) put32(data + 4 * i, value[i]);
    property(name, data, 4 * count);
}

static void text(const char *name, const char *value)
{
    property(name, value, (uint32_t)strlen(value) + 1);
}

#define CELLS(name, ...)                                                                           \
    cells(name, sizeof((uint32_t[]){__VA_ARGS__}) / 4, (uint32_t[]){__VA_ARGS__})

// Puts header, one reservation, structure and strings together.
static void finish(void)
{
    token(9);
    uint32_t at = 40 + 32;
    memset(blob, 0, sizeof blob);
    blob_size = at + structure_size + strings_size;
    uint32_t header[10] = {0xd00dfeed, blob_size, at, at + structure_size, 40,
                           17,         16,        0,  strings_size,        structure_size};
    for (int i = 0; i < 10; i++) put32(blob + 4 * i, header[i]);
    put32(blob + 44, 0x1000);
    put32(blob + 52, 0x2000);
    memcpy(blob + at, structure, structure_size);
    memcpy(blob + at + structure_size, strings, strings_size);
}

static void make(void)
{
    memset(structure, 0, sizeof structure);
    structure_size = strings_size = 0;
    begin("");
    CELLS("#address-cells", 2);
    CELLS("#size-cells", 2);
    text("model", "a machine");
    begin("memory@40000000");
    text("device_type", "memory");
    CELLS("reg", 0, 0x40000000, 0, 0x10000000, 1, 0, 0, 0x1000);
    token(2);
    begin("bus@f0000000");
    CELLS("#address-cells", 1);
    CELLS("#size-cells", 1);
    CELLS("ranges", 0x100, 0, 0xf0000000, 0x1000);
    begin("uart@180");
    property("compatible", "vendor,uart\0arm,pl011", 22);
    CELLS("reg", 0x180, 0x80);
    CELLS("phandle", 7);
    text("status", "disabled");
    token(2);
    begin("uart@9000");
    CELLS("reg", 0x9000, 0x80);
    token(2);
    token(2);
    token(4);
    begin("aliases");
    text("serial0", "/bus/uart@180");
    token(2);
    begin("chosen");
    text("stdout-path", "serial0:115200n8");
    CELLS("rng-seed", 0x01020304, 5, 6, 7, 8, 9, 10, 11, 0x11121314);
    CELLS("kaslr-seed", 0x21222324, 25);
    token(2);
    token(2);
    finish();
}

// Every reader on every node of whatever dtb_open accepts.
static void read_all(const uint8_t *data, size_t size)
{
    struct dtb dtb;
    uint64_t base, length;
    if (!dtb_open(&dtb, data, size)) return;
    for (uint32_t node = DTB_ROOT; node != DTB_NONE; node = dtb_next(&dtb, node)) {
        for (uint32_t i = 0; i < 4; i++) (void)dtb_reg(&dtb, node, i, &base, &length);
        (void)strlen(dtb_name(&dtb, node));
        (void)dtb_is_compatible(&dtb, node, "arm,pl011");
    }
    (void)dtb_find_console(&dtb);
    (void)dtb_find_phandle(&dtb, 7);
    for (uint32_t i = 0; i < dtb.reserve_count; i++) dtb_reservation(&dtb, i, &base, &length);
}
