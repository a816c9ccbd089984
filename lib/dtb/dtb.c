// SPDX-License-Identifier: MIT
// Parsing: one pass over the structure block (Devicetree Specification 0.4, section 5.4) that
// builds nodes and checks every offset and string. The rest answers questions on the tree.
#include <dtb/dtb.h>

#include <ferrite/libc.h>

enum : uint32_t {
    DTB_MAGIC = 0xd00dfeed,
    DTB_BEGIN_NODE = 1,
    DTB_END_NODE = 2,
    DTB_PROPERTY = 3,
    DTB_NOP = 4,
    DTB_END = 9,
    DTB_HEADER_SIZE = 40,
    DTB_VERSION_COMPATIBLE = 16,
    DTB_DEPTH_MAX = 64, // of nodes: firmware's trees are under ten deep
};

struct reader {
    const uint8_t *structure, *strings;
    uint32_t structure_size, strings_size;
    uint32_t at;
    bool failed;
};

static uint32_t big32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t take(struct reader *reader)
{
    if (reader->structure_size - reader->at < 4) {
        reader->failed = true;
        return DTB_END;
    }
    uint32_t value = big32(reader->structure + reader->at);
    reader->at += 4;
    return value;
}

// Skips `size` bytes and the padding to a cell.
static const uint8_t *take_bytes(struct reader *reader, uint32_t size)
{
    uint32_t left = reader->structure_size - reader->at;
    if (size > left || ((uint64_t)size + 3) / 4 * 4 > left) {
        reader->failed = true;
        return nullptr;
    }
    const uint8_t *bytes = reader->structure + reader->at;
    reader->at += (size + 3) & ~3u;
    return bytes;
}

static const char *take_name(struct reader *reader)
{
    const uint8_t *start = reader->structure + reader->at;
    const uint8_t *end = memchr(start, 0, reader->structure_size - reader->at);
    if (end == nullptr) {
        reader->failed = true;
        return nullptr;
    }
    return (const char *)take_bytes(reader, (uint32_t)(end - start) + 1);
}

static void take_property(struct reader *reader, struct dtb_node *node)
{
    uint32_t size = take(reader), name = take(reader);
    const uint8_t *value = take_bytes(reader, size);
    struct dtb_property *property = calloc(1, sizeof(*property));
    bool is_named = name < reader->strings_size &&
                    memchr(reader->strings + name, 0, reader->strings_size - name) != nullptr;
    if (value == nullptr || property == nullptr || node == nullptr || !is_named) {
        free(property);
        reader->failed = true;
        return;
    }
    *property = (struct dtb_property){
        .name = (const char *)reader->strings + name,
        .value = value,
        .size = size,
        .next = node->properties,
    };
    node->properties = property;
}

static struct dtb_node *node_add(struct dtb_node *parent, const char *name)
{
    struct dtb_node *node = calloc(1, sizeof(*node));
    if (node == nullptr) return nullptr;
    node->name = name;
    node->parent = parent;
    if (parent == nullptr) return node;
    struct dtb_node **last = &parent->first;
    while (*last != nullptr) last = &(*last)->next;
    *last = node;
    return node;
}

// The structure block from its first token. What was built so far is returned in *root even on
// failure.
static bool build(struct reader *reader, struct dtb_node **root)
{
    struct dtb_node *node = nullptr;
    uint32_t depth = 0;
    while (!reader->failed) {
        switch (take(reader)) {
        case DTB_BEGIN_NODE: {
            const char *name = take_name(reader);
            if (name == nullptr || ++depth > DTB_DEPTH_MAX || (node == nullptr && *root != nullptr))
                return false;
            node = node_add(node, name);
            if (node == nullptr) return false;
            if (*root == nullptr) *root = node;
            break;
        }
        case DTB_END_NODE:
            if (node == nullptr) return false;
            node = node->parent;
            depth--;
            break;
        case DTB_PROPERTY: take_property(reader, node); break;
        case DTB_NOP: break;
        case DTB_END: return !reader->failed && node == nullptr && *root != nullptr;
        default: return false;
        }
    }
    return false;
}

static bool is_inside(uint32_t offset, uint32_t size, uint32_t total)
{
    return offset <= total && size <= total - offset;
}

struct dtb_node *dtb_parse(const void *blob, size_t size)
{
    const uint8_t *header = blob;
    if (size < DTB_HEADER_SIZE || big32(header) != DTB_MAGIC) return nullptr;
    uint32_t total = big32(header + 4);
    uint32_t structure = big32(header + 8), structure_size = big32(header + 36);
    uint32_t strings = big32(header + 12), strings_size = big32(header + 32);
    if (total > size || big32(header + 24) > DTB_VERSION_COMPATIBLE + 1) return nullptr;
    if (!is_inside(structure, structure_size, total) || (structure & 3) != 0) return nullptr;
    if (!is_inside(strings, strings_size, total)) return nullptr;

    struct reader reader = {
        .structure = header + structure,
        .structure_size = structure_size,
        .strings = header + strings,
        .strings_size = strings_size,
    };
    struct dtb_node *root = nullptr;
    if (build(&reader, &root)) return root;
    dtb_free(root);
    return nullptr;
}

// Leaves first, without recursion: a hostile tree may be deep.
void dtb_free(struct dtb_node *root)
{
    struct dtb_node *node = root;
    while (node != nullptr) {
        if (node->first != nullptr) {
            struct dtb_node *child = node->first;
            node->first = child->next;
            node = child;
            continue;
        }
        struct dtb_node *parent = node == root ? nullptr : node->parent;
        while (node->properties != nullptr) {
            struct dtb_property *property = node->properties;
            node->properties = property->next;
            free(property);
        }
        free(node);
        node = parent;
    }
}

const struct dtb_property *dtb_property(const struct dtb_node *node, const char *name)
{
    const struct dtb_property *property = node->properties;
    while (property != nullptr && strcmp(property->name, name) != 0) property = property->next;
    return property;
}

uint32_t dtb_cell(const struct dtb_node *node, const char *name, uint32_t otherwise)
{
    const struct dtb_property *property = dtb_property(node, name);
    return property != nullptr && property->size == 4 ? big32(property->value) : otherwise;
}

const char *dtb_text(const struct dtb_node *node, const char *name)
{
    const struct dtb_property *property = dtb_property(node, name);
    if (property == nullptr || memchr(property->value, 0, property->size) == nullptr)
        return nullptr;
    return (const char *)property->value;
}

struct dtb_node *dtb_next(const struct dtb_node *node)
{
    if (node->first != nullptr) return node->first;
    while (node != nullptr && node->next == nullptr) node = node->parent;
    return node == nullptr ? nullptr : node->next;
}

struct dtb_node *dtb_by_handle(struct dtb_node *root, uint32_t handle)
{
    for (struct dtb_node *node = root; node != nullptr; node = dtb_next(node))
        if (dtb_cell(node, "phandle", 0) == handle) return node;
    return nullptr;
}

bool dtb_is_enabled(const struct dtb_node *node)
{
    const char *status = dtb_text(node, "status");
    return status == nullptr || strcmp(status, "okay") == 0 || strcmp(status, "ok") == 0;
}

bool dtb_is_compatible(const struct dtb_node *node, const char *id)
{
    const struct dtb_property *list = dtb_property(node, "compatible");
    if (list == nullptr) return false;
    uint32_t at = 0;
    while (at < list->size) {
        const char *text = (const char *)list->value + at;
        uint32_t length = (uint32_t)strnlen(text, list->size - at);
        if (length == list->size - at) return false; // not terminated
        if (strcmp(text, id) == 0) return true;
        at += length + 1;
    }
    return false;
}
