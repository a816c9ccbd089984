// SPDX-License-Identifier: MIT
// Reading a flattened device tree (Devicetree Specification 0.4, chapter 5). dtb_open checks the
// whole blob once, so that everything after it may walk without a doubt; the blob must not change
// afterwards. A node is the offset of its first token. Nothing is copied, nothing is allocated.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum : uint32_t { DTB_NONE = UINT32_MAX, DTB_ROOT = 0, DTB_DEPTH_MAX = 64 };

struct dtb {
    const uint8_t *blob;
    const uint8_t *structure; // tokens
    const char *strings;
    const uint8_t *reserve; // pairs of big-endian 64-bit address and size
    uint32_t structure_size, strings_size, reserve_count, size;
};

struct dtb_property {
    const uint8_t *data;
    uint32_t size; // bytes
};

// False when the blob is malformed or claims to be larger than `limit` bytes.
bool dtb_open(struct dtb *dtb, const void *blob, size_t limit);

// Walking. All give DTB_NONE at the end; dtb_next goes through every node of the tree in order.
uint32_t dtb_next(const struct dtb *dtb, uint32_t node);
uint32_t dtb_child(const struct dtb *dtb, uint32_t node);
uint32_t dtb_sibling(const struct dtb *dtb, uint32_t node);
uint32_t dtb_parent(const struct dtb *dtb, uint32_t node);
const char *dtb_name(const struct dtb *dtb, uint32_t node);

// What /chosen's stdout-path names, by way of an alias or not.
uint32_t dtb_find_console(const struct dtb *dtb);

// By absolute path (a unit address may be left out; a colon ends it), by `compatible` after `node`,
// by phandle.
uint32_t dtb_find(const struct dtb *dtb, const char *path);
uint32_t dtb_find_compatible(const struct dtb *dtb, uint32_t node, const char *compatible);
uint32_t dtb_find_phandle(const struct dtb *dtb, uint32_t phandle);

bool dtb_property(const struct dtb *dtb, uint32_t node, const char *name,
                  struct dtb_property *property);
bool dtb_is_compatible(const struct dtb *dtb, uint32_t node, const char *compatible);

// False for a node whose `status` says other than okay.
bool dtb_is_enabled(const struct dtb *dtb, uint32_t node);

// A string of a property, or nullptr when it is not one that ends within the property.
const char *dtb_string(const struct dtb *dtb, uint32_t node, const char *name);

// Whether the property is the string `value`.
bool dtb_string_is(const struct dtb *dtb, uint32_t node, const char *name, const char *value);

// `count` (1 or 2) cells from cell number `index` on; false when the property is shorter.
bool dtb_cells(const struct dtb_property *property, uint32_t index, uint32_t count,
               uint64_t *value);

// The `index`th pair of `reg`, as the CPU sees it: translated through every bus's `ranges`.
bool dtb_reg(const struct dtb *dtb, uint32_t node, uint32_t index, uint64_t *base, uint64_t *size);

// One entry of the reservation block.
void dtb_reservation(const struct dtb *dtb, uint32_t index, uint64_t *base, uint64_t *size);

// Mixes the randomness that firmware left in /chosen into the seed, and wipes it there, so that
// whoever is given the tree does not have it. Returns how many bytes there were.
uint32_t dtb_seed_take(const struct dtb *dtb, uint8_t seed[64]);
