// SPDX-License-Identifier: MIT
// The device tree reader. All offsets that come out of the blob are compared with what is left of
// its block before they are used; dtb_open is the only place that does it for tokens, names and
// properties.
#include "dtb.h"

enum : uint32_t {
    MAGIC = 0xd00dfeed,
    HEADER_SIZE = 40,
    BEGIN_NODE = 1,
    END_NODE = 2,
    PROPERTY = 3,
    NOP = 4,
    END = 9,
};

static uint32_t read32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint64_t read64(const uint8_t *at)
{
    return (uint64_t)read32(at) << 32 | read32(at + 4);
}

static bool is_same(const char *a, const char *b)
{
    while (*a != 0 && *a == *b) a++, b++;
    return *a == *b;
}

// Whether a string that starts at `at` ends before `end`; tells the offset after it.
static bool string_ends(const uint8_t *from, uint32_t at, uint32_t end, uint32_t *after)
{
    while (at < end && from[at] != 0) at++;
    *after = at + 1;
    return at < end;
}

// The offset after the token at `at`; its payload is skipped. 0 when it does not fit.
static uint32_t token_after(const struct dtb *dtb, uint32_t at)
{
    uint32_t size = dtb->structure_size, after = at + 4;
    switch (read32(dtb->structure + at)) {
    case BEGIN_NODE:
        if (!string_ends(dtb->structure, at + 4, size, &after)) return 0;
        break;
    case PROPERTY:
        if (size - at < 12) return 0;
        uint32_t length = read32(dtb->structure + at + 4), ignored;
        if (length > size - at - 12) return 0;
        if (!string_ends((const uint8_t *)dtb->strings, read32(dtb->structure + at + 8),
                         dtb->strings_size, &ignored))
            return 0;
        after = at + 12 + length;
        break;
    case END_NODE:
    case NOP:
    case END: break;
    default: return 0;
    }
    return (after + 3) & ~3u;
}

// Every token fits, nodes nest, the last token is END.
static bool is_well_formed(const struct dtb *dtb)
{
    uint32_t depth = 0, at = 0;
    if (dtb->structure_size < 16 || read32(dtb->structure) != BEGIN_NODE) return false;
    while (at <= dtb->structure_size - 4) {
        uint32_t token = read32(dtb->structure + at);
        if (token == END) return depth == 0 && at > 0;
        if (token == BEGIN_NODE && (depth++ == DTB_DEPTH_MAX || (at > 0 && depth == 1)))
            return false;
        if (token == END_NODE && depth-- == 0) return false;
        if (token == PROPERTY && depth == 0) return false;
        at = token_after(dtb, at);
        if (at == 0 || at > dtb->structure_size) return false;
    }
    return false;
}

// A block of `size` bytes at `offset` lies within `total`.
static bool is_within(uint32_t offset, uint32_t size, uint32_t total)
{
    return offset <= total && size <= total - offset;
}

bool dtb_open(struct dtb *dtb, const void *blob, size_t limit)
{
    const uint8_t *bytes = blob;
    if (limit < HEADER_SIZE || read32(bytes) != MAGIC) return false;
    uint32_t total = read32(bytes + 4), structure = read32(bytes + 8);
    uint32_t strings = read32(bytes + 12), reserve = read32(bytes + 16);
    uint32_t version = read32(bytes + 20), compatible = read32(bytes + 24);
    if (total < HEADER_SIZE || total > limit || total > INT32_MAX) return false;
    if (version < 17 || compatible > 17) return false;
    *dtb = (struct dtb){.blob = bytes,
                        .structure = bytes + structure,
                        .strings = (const char *)bytes + strings,
                        .reserve = bytes + reserve,
                        .strings_size = read32(bytes + 32),
                        .structure_size = read32(bytes + 36),
                        .size = total};
    if (structure % 4 != 0 || reserve > total) return false;
    if (!is_within(structure, dtb->structure_size, total)) return false;
    if (!is_within(strings, dtb->strings_size, total)) return false;
    uint32_t room = (total - reserve) / 16;
    while (dtb->reserve_count < room) {
        const uint8_t *entry = dtb->reserve + 16 * dtb->reserve_count;
        if (read64(entry) == 0 && read64(entry + 8) == 0) break;
        dtb->reserve_count++;
    }
    return dtb->reserve_count < room && is_well_formed(dtb);
}

// The next node token after the one at `at`, telling how the depth changed: a child is +1.
static uint32_t node_after(const struct dtb *dtb, uint32_t at, int32_t *depth)
{
    *depth = 1;
    for (;;) {
        at = token_after(dtb, at);
        uint32_t token = read32(dtb->structure + at);
        if (token == BEGIN_NODE) return at;
        if (token == END_NODE) --*depth;
        if (token == END) return DTB_NONE;
    }
}

uint32_t dtb_next(const struct dtb *dtb, uint32_t node)
{
    int32_t depth;
    return node_after(dtb, node, &depth);
}

uint32_t dtb_child(const struct dtb *dtb, uint32_t node)
{
    int32_t depth;
    uint32_t next = node_after(dtb, node, &depth);
    return depth == 1 ? next : DTB_NONE;
}

uint32_t dtb_sibling(const struct dtb *dtb, uint32_t node)
{
    int32_t level = 0, depth;
    do {
        node = node_after(dtb, node, &depth);
        level += depth;
    } while (node != DTB_NONE && level > 0);
    return level == 0 ? node : DTB_NONE;
}

uint32_t dtb_parent(const struct dtb *dtb, uint32_t node)
{
    uint32_t path[DTB_DEPTH_MAX + 1], at = DTB_ROOT;
    int32_t level = 0, depth;
    path[0] = DTB_ROOT;
    if (node == DTB_ROOT) return DTB_NONE;
    while (at != node && at != DTB_NONE) {
        at = node_after(dtb, at, &depth);
        level += depth;
        if (at != DTB_NONE) path[level] = at;
    }
    return at == DTB_NONE || level == 0 ? DTB_NONE : path[level - 1];
}

const char *dtb_name(const struct dtb *dtb, uint32_t node)
{
    return (const char *)dtb->structure + node + 4;
}

// A part of a path ends at a slash, the path at a colon too: what follows are options.
static bool is_part_end(char c)
{
    return c == 0 || c == '/' || c == ':';
}

// Whether the first part of `name` is the node's name, with or without its unit address.
static bool is_named(const char *node, const char *name)
{
    while (!is_part_end(*name) && *node == *name) node++, name++;
    return is_part_end(*name) && (*node == 0 || *node == '@');
}

uint32_t dtb_find(const struct dtb *dtb, const char *path)
{
    uint32_t node = DTB_ROOT;
    while (node != DTB_NONE) {
        while (*path == '/') path++;
        if (*path == 0 || *path == ':') return node;
        node = dtb_child(dtb, node);
        while (node != DTB_NONE && !is_named(dtb_name(dtb, node), path))
            node = dtb_sibling(dtb, node);
        while (!is_part_end(*path)) path++;
    }
    return DTB_NONE;
}

uint32_t dtb_find_console(const struct dtb *dtb)
{
    uint32_t chosen = dtb_find(dtb, "/chosen"), aliases = dtb_find(dtb, "/aliases");
    const char *path = chosen == DTB_NONE ? nullptr : dtb_string(dtb, chosen, "stdout-path");
    if (path == nullptr || *path == '/') return path == nullptr ? DTB_NONE : dtb_find(dtb, path);
    if (aliases == DTB_NONE) return DTB_NONE;
    for (uint32_t at = token_after(dtb, aliases);; at = token_after(dtb, at)) {
        const uint8_t *token = dtb->structure + at;
        if (read32(token) == NOP) continue;
        if (read32(token) != PROPERTY) return DTB_NONE;
        const char *name = dtb->strings + read32(token + 8), *real;
        if (!is_named(name, path)) continue;
        real = dtb_string(dtb, aliases, name);
        return real == nullptr ? DTB_NONE : dtb_find(dtb, real);
    }
}

uint32_t dtb_find_compatible(const struct dtb *dtb, uint32_t node, const char *compatible)
{
    do node = dtb_next(dtb, node);
    while (node != DTB_NONE && !dtb_is_compatible(dtb, node, compatible));
    return node;
}

uint32_t dtb_find_phandle(const struct dtb *dtb, uint32_t phandle)
{
    struct dtb_property property;
    uint64_t value;
    for (uint32_t node = DTB_ROOT; node != DTB_NONE; node = dtb_next(dtb, node)) {
        if (dtb_property(dtb, node, "phandle", &property) && dtb_cells(&property, 0, 1, &value) &&
            value == phandle)
            return node;
    }
    return DTB_NONE;
}

bool dtb_property(const struct dtb *dtb, uint32_t node, const char *name,
                  struct dtb_property *property)
{
    for (uint32_t at = token_after(dtb, node);; at = token_after(dtb, at)) {
        const uint8_t *token = dtb->structure + at;
        if (read32(token) == NOP) continue;
        if (read32(token) != PROPERTY) return false;
        if (!is_same(dtb->strings + read32(token + 8), name)) continue;
        *property = (struct dtb_property){token + 12, read32(token + 4)};
        return true;
    }
}

const char *dtb_string(const struct dtb *dtb, uint32_t node, const char *name)
{
    struct dtb_property property;
    uint32_t after;
    if (!dtb_property(dtb, node, name, &property)) return nullptr;
    if (!string_ends(property.data, 0, property.size, &after)) return nullptr;
    return (const char *)property.data;
}

bool dtb_string_is(const struct dtb *dtb, uint32_t node, const char *name, const char *value)
{
    const char *string = dtb_string(dtb, node, name);
    return string != nullptr && is_same(string, value);
}

bool dtb_is_compatible(const struct dtb *dtb, uint32_t node, const char *compatible)
{
    struct dtb_property list;
    if (!dtb_property(dtb, node, "compatible", &list)) return false;
    for (uint32_t at = 0, after; string_ends(list.data, at, list.size, &after); at = after)
        if (is_same((const char *)list.data + at, compatible)) return true;
    return false;
}

bool dtb_is_enabled(const struct dtb *dtb, uint32_t node)
{
    const char *status = dtb_string(dtb, node, "status");
    return status == nullptr || is_same(status, "okay") || is_same(status, "ok");
}

bool dtb_cells(const struct dtb_property *property, uint32_t index, uint32_t count, uint64_t *value)
{
    uint32_t have = property->size / 4;
    if (count < 1 || count > 2 || index > have || count > have - index) return false;
    const uint8_t *at = property->data + 4 * (size_t)index;
    *value = count == 2 ? read64(at) : read32(at);
    return true;
}

// How many cells addresses (or sizes) of a node's children take.
static uint32_t cell_count(const struct dtb *dtb, uint32_t node, const char *name,
                           uint32_t otherwise)
{
    struct dtb_property property;
    uint64_t value;
    if (!dtb_property(dtb, node, name, &property)) return otherwise;
    return dtb_cells(&property, 0, 1, &value) && value <= 3 ? (uint32_t)value : 0;
}

// An address on the bus `bus`, as its parent sees it. PCI's first of three cells holds flags:
// skipped.
static bool translate(const struct dtb *dtb, uint32_t bus, uint32_t parent, uint64_t *address)
{
    struct dtb_property ranges;
    if (!dtb_property(dtb, bus, "ranges", &ranges)) return false;
    if (ranges.size == 0) return true;
    uint32_t child_cells = cell_count(dtb, bus, "#address-cells", 2);
    uint32_t parent_cells = cell_count(dtb, parent, "#address-cells", 2);
    uint32_t size_cells = cell_count(dtb, bus, "#size-cells", 1);
    uint32_t flags = child_cells == 3 ? 1 : 0;
    uint32_t row = child_cells + parent_cells + size_cells;
    uint64_t from, to, size;
    for (uint32_t at = 0; dtb_cells(&ranges, at + flags, child_cells - flags, &from); at += row) {
        if (!dtb_cells(&ranges, at + child_cells, parent_cells, &to) ||
            !dtb_cells(&ranges, at + child_cells + parent_cells, size_cells, &size))
            return false;
        if (*address - from >= size) continue;
        *address = *address - from + to;
        return true;
    }
    return false;
}

bool dtb_reg(const struct dtb *dtb, uint32_t node, uint32_t index, uint64_t *base, uint64_t *size)
{
    struct dtb_property reg;
    uint32_t bus = dtb_parent(dtb, node);
    if (bus == DTB_NONE || !dtb_property(dtb, node, "reg", &reg)) return false;
    uint32_t address_cells = cell_count(dtb, bus, "#address-cells", 2);
    uint32_t size_cells = cell_count(dtb, bus, "#size-cells", 1);
    uint64_t at = (uint64_t)index * (address_cells + size_cells);
    *size = 0;
    if (at > reg.size || !dtb_cells(&reg, (uint32_t)at, address_cells, base)) return false;
    if (size_cells > 0 && !dtb_cells(&reg, (uint32_t)at + address_cells, size_cells, size))
        return false;
    while (bus != DTB_ROOT) {
        uint32_t parent = dtb_parent(dtb, bus);
        if (!translate(dtb, bus, parent, base)) return false;
        bus = parent;
    }
    return true;
}

void dtb_reservation(const struct dtb *dtb, uint32_t index, uint64_t *base, uint64_t *size)
{
    *base = read64(dtb->reserve + 16 * index);
    *size = read64(dtb->reserve + 16 * index + 8);
}

uint32_t dtb_seed_take(const struct dtb *dtb, uint8_t seed[64])
{
    static const char *const names[] = {"rng-seed", "kaslr-seed"};
    struct dtb_property property;
    uint32_t taken = 0, chosen = dtb_find(dtb, "/chosen");
    for (uint32_t i = 0; i < sizeof names / sizeof *names && chosen != DTB_NONE; i++) {
        if (!dtb_property(dtb, chosen, names[i], &property)) continue;
        uint8_t *data = (uint8_t *)property.data, any = 0;
        for (uint32_t j = 0; j < property.size; j++) {
            seed[(32 * i + j) % 64] ^= data[j];
            any |= data[j];
            data[j] = 0;
        }
        if (any != 0) taken += property.size; // zeros are what somebody before left
    }
    return taken;
}
