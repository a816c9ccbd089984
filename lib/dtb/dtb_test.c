// SPDX-License-Identifier: MIT
// A small tree made here byte by byte: what is in it is found, and every cut or damaged blob is
// refused.
#include "test/unit.h"

#include <dtb/dtb.h>
#include <stdlib.h>
#include <string.h>

struct blob {
    uint8_t bytes[1024];
    uint32_t at;
    char strings[256];
    uint32_t strings_size;
};

static void put(struct blob *blob, uint32_t value)
{
    for (int i = 3; i >= 0; i--) blob->bytes[blob->at++] = (uint8_t)(value >> (8 * i));
}

static void put_bytes(struct blob *blob, const void *bytes, size_t size)
{
    memcpy(blob->bytes + blob->at, bytes, size);
    blob->at = (blob->at + (uint32_t)size + 3) & ~3u;
}

static void begin(struct blob *blob, const char *name)
{
    put(blob, 1);
    put_bytes(blob, name, strlen(name) + 1);
}

static void property(struct blob *blob, const char *name, const void *value, uint32_t size)
{
    put(blob, 3);
    put(blob, size);
    put(blob, blob->strings_size);
    put_bytes(blob, value, size);
    strcpy(blob->strings + blob->strings_size, name);
    blob->strings_size += (uint32_t)strlen(name) + 1;
}

static void cells(struct blob *blob, const char *name, const uint32_t *value, uint32_t count)
{
    uint8_t bytes[64];
    for (uint32_t i = 0; i < 4 * count; i++)
        bytes[i] = (uint8_t)(value[i / 4] >> (24 - 8 * (i % 4)));
    property(blob, name, bytes, 4 * count);
}

#define CELLS(blob, name, ...)                                                                     \
    cells(blob, name, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

static void header(struct blob *blob)
{
    uint32_t structure_size = blob->at - 40, strings = blob->at;
    memcpy(blob->bytes + strings, blob->strings, blob->strings_size);
    uint32_t total = strings + blob->strings_size;
    blob->at = 0;
    uint32_t fields[] = {0xd00dfeed,         total,         40, strings, 40, 17, 16, 0,
                         blob->strings_size, structure_size};
    for (size_t i = 0; i < 10; i++) put(blob, fields[i]);
    blob->at = total;
}

static void make(struct blob *blob)
{
    *blob = (struct blob){.at = 40};
    begin(blob, "");
    CELLS(blob, "#address-cells", 2);
    CELLS(blob, "#size-cells", 2);
    CELLS(blob, "interrupt-parent", 7);
    begin(blob, "gic@8000000");
    CELLS(blob, "phandle", 7);
    CELLS(blob, "#interrupt-cells", 3);
    put(blob, 2);
    begin(blob, "bus@10000000");
    CELLS(blob, "#address-cells", 1);
    CELLS(blob, "#size-cells", 1);
    CELLS(blob, "ranges", 0x100, 0, 0x10000000, 0x1000);
    begin(blob, "uart@180");
    property(blob, "compatible", "vendor,uart\0arm,pl011", 22);
    CELLS(blob, "reg", 0x180, 0x40);
    CELLS(blob, "interrupts", 0, 1, 4, 0, 2, 1);
    put(blob, 2);
    put(blob, 2);
    put(blob, 2);
    put(blob, 9);
    header(blob);
}

// A bridge to PCI with two windows, one pin of slot 1 wired, and half of its functions known to the
// controller of messages as others.
static void make_bridge(struct blob *blob)
{
    *blob = (struct blob){.at = 40};
    begin(blob, "");
    CELLS(blob, "#address-cells", 2);
    CELLS(blob, "#size-cells", 2);
    begin(blob, "gic@8000000");
    CELLS(blob, "phandle", 7);
    CELLS(blob, "#interrupt-cells", 3);
    CELLS(blob, "#address-cells", 1);
    put(blob, 2);
    begin(blob, "pcie@10000000");
    CELLS(blob, "#address-cells", 3);
    CELLS(blob, "#size-cells", 2);
    CELLS(blob, "#interrupt-cells", 1);
    CELLS(blob, "bus-range", 2, 9);
    CELLS(blob, "ranges", 0x02000000, 0, 0x1000, 0, 0x40000000, 0, 0x100, 0x43000000, 0x80, 0, 0x90,
          0, 1, 0);
    CELLS(blob, "interrupt-map-mask", 0x800, 0, 0, 7);
    CELLS(blob, "interrupt-map", 0x800, 0, 0, 2, 7, 0, 0, 33, 4);
    CELLS(blob, "msi-map", 0, 8, 0x1000, 0x80);
    put(blob, 2);
    put(blob, 2);
    put(blob, 9);
    header(blob);
}

static struct dtb_node *find(struct dtb_node *root, const char *name)
{
    struct dtb_node *node = root;
    while (node != nullptr && strcmp(node->name, name) != 0) node = dtb_next(node);
    return node;
}

TEST("a register's address is translated through its bus")
{
    struct blob blob;
    make(&blob);
    struct dtb_node *root = dtb_parse(blob.bytes, blob.at);
    EXPECT(root != nullptr);
    struct dtb_node *uart = find(root, "uart@180");
    uint64_t address, size;
    EXPECT(dtb_region(uart, 0, &address, &size));
    EXPECT(address == 0x10000080 && size == 0x40);
    EXPECT(!dtb_region(uart, 1, &address, &size));
    EXPECT(dtb_is_compatible(uart, "arm,pl011"));
    EXPECT(!dtb_is_compatible(uart, "arm,pl0"));
    dtb_free(root);
}

TEST("interrupts are split by the cells of the controller above")
{
    struct blob blob;
    make(&blob);
    struct dtb_node *root = dtb_parse(blob.bytes, blob.at);
    struct dtb_interrupt interrupt;
    EXPECT(dtb_interrupt(root, find(root, "uart@180"), 1, &interrupt));
    EXPECT(interrupt.cell[1] == 2 && interrupt.cell[2] == 1);
    EXPECT(strcmp(interrupt.controller->name, "gic@8000000") == 0);
    EXPECT(!dtb_interrupt(root, find(root, "uart@180"), 2, &interrupt));
    dtb_free(root);
}

TEST("a bridge to PCI tells its buses and windows")
{
    struct blob blob;
    make_bridge(&blob);
    struct dtb_node *root = dtb_parse(blob.bytes, blob.at), *bridge = find(root, "pcie@10000000");
    struct dtb_pci_window window;
    uint32_t first = 0, last = 255;
    EXPECT(dtb_pci_window(bridge, 0, &window));
    EXPECT(window.space == DTB_PCI_MEMORY_32 && !window.is_prefetchable);
    EXPECT(window.inside == 0x1000 && window.address == 0x40000000 && window.size == 0x100);
    EXPECT(dtb_pci_window(bridge, 1, &window));
    EXPECT(window.space == DTB_PCI_MEMORY_64 && window.is_prefetchable);
    EXPECT(window.inside == 0x80'0000'0000 && window.address == 0x90'0000'0000);
    EXPECT(!dtb_pci_window(bridge, 2, &window));
    EXPECT(!dtb_pci_window(find(root, "gic@8000000"), 0, &window));
    dtb_pci_buses(bridge, &first, &last);
    EXPECT(first == 2 && last == 9);
    dtb_free(root);
}

TEST("a pin goes where the bridge's map says, and messages come from who its other map says")
{
    struct blob blob;
    make_bridge(&blob);
    struct dtb_node *root = dtb_parse(blob.bytes, blob.at), *bridge = find(root, "pcie@10000000");
    struct dtb_interrupt line;
    uint32_t id;
    EXPECT(
        dtb_pci_interrupt(root, bridge, 3 << 11, 2, &line)); // the map looks at one bit of a slot
    EXPECT(line.cell_count == 3 && line.cell[1] == 33 && line.cell[2] == 4);
    EXPECT(!dtb_pci_interrupt(root, bridge, 1 << 11, 1, &line));
    EXPECT(!dtb_pci_interrupt(root, bridge, 2 << 11, 2, &line));
    EXPECT(dtb_pci_requester(bridge, 0x7f, &id) && id == 0x107f);
    EXPECT(!dtb_pci_requester(bridge, 0x80, &id));
    EXPECT(!dtb_pci_requester(find(root, "gic@8000000"), 0, &id));
    dtb_free(root);
}

TEST("a blob cut anywhere is refused")
{
    struct blob blob;
    make(&blob);
    for (uint32_t size = 0; size < blob.at; size++) {
        uint8_t *cut = malloc(size + 1); // exact size, so that reading past it is seen
        memcpy(cut, blob.bytes, size);
        EXPECT(dtb_parse(cut, size) == nullptr);
        free(cut);
    }
}

static void read_all(struct dtb_node *root)
{
    uint64_t address, size;
    struct dtb_interrupt interrupt;
    struct dtb_pci_window window;
    uint32_t first = 0, last = 0;
    for (struct dtb_node *node = root; node != nullptr; node = dtb_next(node)) {
        (void)dtb_region(node, 0, &address, &size);
        (void)dtb_interrupt(root, node, 0, &interrupt);
        (void)dtb_pci_window(node, 1, &window);
        (void)dtb_pci_interrupt(root, node, 0, 1, &interrupt);
        (void)dtb_pci_requester(node, 1, &first);
        dtb_pci_buses(node, &first, &last);
    }
}

TEST("no damaged byte makes the parser read outside of the blob")
{
    for (uint32_t at = 0; at < 2 * 1024; at++) {
        struct blob blob;
        if (at % 2 == 0)
            make(&blob);
        else
            make_bridge(&blob);
        if (at / 2 >= blob.at) continue;
        blob.bytes[at / 2] ^= 0x81;
        uint8_t *exact = malloc(blob.at);
        memcpy(exact, blob.bytes, blob.at);
        struct dtb_node *root = dtb_parse(exact, blob.at);
        read_all(root);
        dtb_free(root);
        free(exact);
    }
}
