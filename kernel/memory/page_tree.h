// SPDX-License-Identifier: MIT
// Pages by number: a radix tree of nodes with 64 slots that grows in height with the largest number
// used, so small objects cost one node and there is no largest one. Nodes are charged to the tree's
// owner. Whoever owns the tree guards it.
#pragma once

#include <abi/status.h>
#include <stdint.h>

struct page;
struct page_node;
struct process;

enum : uint32_t { PAGE_TREE_BITS = 6, PAGE_TREE_SLOTS = 1u << PAGE_TREE_BITS };

struct page_tree {
    struct page_node *root; // nullptr: empty
    uint32_t height;        // levels of nodes
    uint64_t count;         // pages in it
    struct process *owner;
};

void page_tree_init(struct page_tree *tree, struct process *owner);

// nullptr: none.
struct page *page_tree_find(const struct page_tree *tree, uint64_t number);

// Puts `page` in the place of what is there. ERR_NO_MEMORY, ERR_QUOTA; cannot fail where a page is.
enum status page_tree_insert(struct page_tree *tree, uint64_t number, struct page *page);

// Takes a page out; nodes that become empty are freed. nullptr: there was none.
struct page *page_tree_remove(struct page_tree *tree, uint64_t number);

// Takes out up to `most` pages, at or after *number and near one another: how many; 0: there are
// none. *number becomes the first one's.
uint32_t page_tree_take(struct page_tree *tree, uint64_t *number, struct page **pages,
                        uint32_t most);

// The first page at or after *number, which becomes its number; nullptr: none.
struct page *page_tree_next(const struct page_tree *tree, uint64_t *number);

void page_tree_init_slab(void);
