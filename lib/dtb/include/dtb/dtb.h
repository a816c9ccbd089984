// SPDX-License-Identifier: MIT
// Reading a flattened device tree (Devicetree Specification 0.4, chapter 5) into a tree of nodes.
// The blob comes from firmware and is not trusted: whatever is malformed makes dtb_parse fail.
// Nodes and properties point into the blob, which must outlive them. Not locked.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct dtb_property {
    const char *name;
    const uint8_t *value;
    uint32_t size;
    struct dtb_property *next;
};

struct dtb_node {
    const char *name; // with its unit address: "uart@9000000"; "" for the root
    struct dtb_node *parent, *first, *next;
    struct dtb_property *properties;
};

// The tree, or nullptr when the blob is malformed or memory is short. dtb_free() takes nullptr too.
struct dtb_node *dtb_parse(const void *blob, size_t size);
void dtb_free(struct dtb_node *root);

const struct dtb_property *dtb_property(const struct dtb_node *node, const char *name);
// A property of one cell, or `otherwise`.
uint32_t dtb_cell(const struct dtb_node *node, const char *name, uint32_t otherwise);
// A property that is a string (NUL-terminated within its size), or nullptr.
const char *dtb_text(const struct dtb_node *node, const char *name);
// The node after `node` in depth-first order; nullptr at the end.
struct dtb_node *dtb_next(const struct dtb_node *node);
struct dtb_node *dtb_by_handle(struct dtb_node *root, uint32_t handle);
// True unless its status says that it is disabled.
bool dtb_is_enabled(const struct dtb_node *node);

// Entry `index` of "reg", as the CPU sees it (translated through the "ranges" of the buses above).
// False: none.
bool dtb_region(const struct dtb_node *node, uint32_t index, uint64_t *address, uint64_t *size);

// Entry `index` of "interrupts" or "interrupts-extended": the controller's node and its cells.
// False: none.
struct dtb_interrupt {
    const struct dtb_node *controller;
    uint32_t cell[4];
    uint32_t cell_count;
};
bool dtb_interrupt(struct dtb_node *root, const struct dtb_node *node, uint32_t index,
                   struct dtb_interrupt *interrupt);

// Whether "compatible" lists `id`.
bool dtb_is_compatible(const struct dtb_node *node, const char *id);
