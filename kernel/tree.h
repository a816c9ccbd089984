// SPDX-License-Identifier: MIT
// Intrusive balanced trees (AVL) ordered by a 64-bit key; equal keys keep the order in which they
// came. Insert, remove and find cost O(log n), the first is at hand. Timers, deadlines, wait queues
// by urgency and look-ups by number are all such trees. Whoever owns the tree guards it.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct tree_node {
    struct tree_node *parent, *left, *right;
    uint64_t key;
    int32_t height; // 0: in no tree
    uint32_t tag;   // its owner's own; 0 when inserted
};

struct tree {
    struct tree_node *root, *first;
};

// Inserts `node`, which is in no tree.
void tree_insert(struct tree *tree, struct tree_node *node, uint64_t key);

// Removes `node`, which is in `tree`.
void tree_remove(struct tree *tree, struct tree_node *node);

// The first node whose key is not below `key`; nullptr: none.
struct tree_node *tree_find(const struct tree *tree, uint64_t key);

// The node after `node`; nullptr: none.
struct tree_node *tree_next(const struct tree_node *node);

static inline bool tree_is_linked(const struct tree_node *node)
{
    return node->height != 0;
}

static inline bool tree_is_empty(const struct tree *tree)
{
    return tree->root == nullptr;
}

// The two below cost a handful of instructions in the most frequent case: one waits, or nobody.
static inline void tree_add(struct tree *tree, struct tree_node *node, uint64_t key)
{
    if (tree->root != nullptr) {
        tree_insert(tree, node, key);
        return;
    }
    *node = (struct tree_node){.key = key, .height = 1};
    tree->root = tree->first = node;
}

static inline void tree_take(struct tree *tree, struct tree_node *node)
{
    if (tree->root == node && node->height == 1) {
        tree->root = tree->first = nullptr;
        node->height = 0;
    } else {
        tree_remove(tree, node);
    }
}
