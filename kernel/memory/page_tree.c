// SPDX-License-Identifier: MIT
// The radix tree. A node of height 1 has pages in its slots, others have nodes; every node in the
// tree has something in it. Its depth is the number's bits over six, which bounds every walk.
#include "kernel/memory/page_tree.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/object/quota.h"

struct page_node {
    uint64_t present; // bit n: slot n has something in it
    void *slot[PAGE_TREE_SLOTS];
};
static_assert(PAGE_TREE_SLOTS == 64);

enum : uint32_t { HEIGHT_MAX = (64 + PAGE_TREE_BITS - 1) / PAGE_TREE_BITS };

static struct slab node_slab;

void page_tree_init_slab(void)
{
    slab_init(&node_slab, "page tree", sizeof(struct page_node));
}

void page_tree_init(struct page_tree *tree, struct process *owner)
{
    *tree = (struct page_tree){.owner = owner};
}

static uint32_t slot_of(uint64_t number, uint32_t height)
{
    ASSERT(height > 0);
    return number >> (PAGE_TREE_BITS * (height - 1)) & (PAGE_TREE_SLOTS - 1);
}

// True when a tree of this height has a place for the number.
static bool reaches(uint32_t height, uint64_t number)
{
    return height >= HEIGHT_MAX || number >> (PAGE_TREE_BITS * height) == 0;
}

static uint64_t bit(uint32_t slot)
{
    return UINT64_C(1) << slot;
}

static enum status node_make(struct page_tree *tree, struct page_node **node)
{
    TRY(process_charge(tree->owner, sizeof(struct page_node)));
    *node = slab_allocate(&node_slab);
    if (*node != nullptr) return OK;
    process_uncharge(tree->owner, sizeof(struct page_node));
    return ERR_NO_MEMORY;
}

static void node_free(struct page_tree *tree, struct page_node *node)
{
    ASSERT(node->present == 0);
    slab_free(&node_slab, node);
    process_uncharge(tree->owner, sizeof(struct page_node));
}

struct page *page_tree_find(const struct page_tree *tree, uint64_t number)
{
    if (!reaches(tree->height, number)) return nullptr;
    void *at = tree->root;
    for (uint32_t height = tree->height; at != nullptr && height > 0; height--)
        at = ((struct page_node *)at)->slot[slot_of(number, height)];
    return at;
}

// Makes the tree high enough. A root that would have nothing in it is not made: the height alone
// grows.
static enum status grow(struct page_tree *tree, uint64_t number)
{
    while (!reaches(tree->height, number) || tree->height == 0) {
        if (tree->root != nullptr) {
            struct page_node *node;
            TRY(node_make(tree, &node));
            node->slot[0] = tree->root;
            node->present = bit(0);
            tree->root = node;
        }
        tree->height++;
    }
    return OK;
}

// Frees the nodes on the way to `number` that have nothing in them.
static void prune(struct page_tree *tree, uint64_t number)
{
    struct page_node *path[HEIGHT_MAX + 1];
    struct page_node *node = tree->root;
    uint32_t height = tree->height;
    while (node != nullptr) {
        path[height] = node;
        if (height == 1) break;
        node = node->slot[slot_of(number, height--)];
    }
    if (node == nullptr) height++;
    for (; height <= tree->height && path[height]->present == 0; height++) {
        node_free(tree, path[height]);
        if (height == tree->height) {
            tree->root = nullptr;
            tree->height = 0;
            return;
        }
        uint32_t slot = slot_of(number, height + 1);
        path[height + 1]->slot[slot] = nullptr;
        path[height + 1]->present &= ~bit(slot);
    }
}

enum status page_tree_insert(struct page_tree *tree, uint64_t number, struct page *page)
{
    enum status status = grow(tree, number);
    void **place = (void **)&tree->root;
    struct page_node *parent = nullptr;
    uint32_t slot = 0; // of the parent
    for (uint32_t height = tree->height; status == OK && height > 0; height--) {
        if (*place == nullptr) {
            struct page_node *node;
            status = node_make(tree, &node);
            if (status != OK) break;
            *place = node;
            if (parent != nullptr) parent->present |= bit(slot);
        }
        parent = *place;
        slot = slot_of(number, height);
        place = &parent->slot[slot];
    }
    if (status != OK) {
        if (tree->root != nullptr && reaches(tree->height, number)) prune(tree, number);
        if (tree->root == nullptr) tree->height = 0;
        return status;
    }
    ASSERT(parent != nullptr); // the height is not zero
    if (*place == nullptr) {
        parent->present |= bit(slot);
        tree->count++;
    }
    *place = page;
    return OK;
}

struct page *page_tree_remove(struct page_tree *tree, uint64_t number)
{
    if (!reaches(tree->height, number)) return nullptr;
    struct page_node *node = tree->root;
    for (uint32_t height = tree->height; node != nullptr && height > 1; height--)
        node = node->slot[slot_of(number, height)];
    if (node == nullptr) return nullptr;
    uint32_t slot = slot_of(number, 1);
    struct page *page = node->slot[slot];
    if (page == nullptr) return nullptr;
    node->slot[slot] = nullptr;
    node->present &= ~bit(slot);
    tree->count--;
    if (node->present == 0) prune(tree, number);
    return page;
}

uint32_t page_tree_take(struct page_tree *tree, uint64_t *number, struct page **pages,
                        uint32_t most)
{
    if (page_tree_next(tree, number) == nullptr) return 0;
    struct page_node *node = tree->root;
    for (uint32_t height = tree->height; height > 1; height--)
        node = node->slot[slot_of(*number, height)];
    uint32_t taken = 0;
    uint64_t left = node->present & ~(bit(slot_of(*number, 1)) - 1);
    for (; left != 0 && taken < most; left &= left - 1) {
        uint32_t slot = (uint32_t)__builtin_ctzll(left);
        pages[taken++] = node->slot[slot];
        node->slot[slot] = nullptr;
        node->present &= ~bit(slot);
    }
    tree->count -= taken;
    if (node->present == 0) prune(tree, *number);
    return taken;
}

// The first used slot of a node at or after the one for *number, which moves on to what that slot
// stands for; nullptr, with *number past all that the node stands for: there is none.
static void *node_next(const struct page_node *node, uint32_t height, uint64_t *number)
{
    uint32_t bits = PAGE_TREE_BITS * (height - 1), slot = slot_of(*number, height);
    uint64_t from = node->present >> slot;
    uint32_t skip = from == 0 ? PAGE_TREE_SLOTS - slot : (uint32_t)__builtin_ctzll(from);
    if (skip > 0) *number = ((*number >> bits) + skip) << bits;
    return from == 0 ? nullptr : node->slot[slot + skip];
}

struct page *page_tree_next(const struct page_tree *tree, uint64_t *number)
{
    uint64_t at = *number;
    while (tree->root != nullptr && reaches(tree->height, at)) {
        void *node = tree->root;
        uint32_t height = tree->height;
        for (; node != nullptr && height > 0; height--) node = node_next(node, height, &at);
        if (node != nullptr) {
            *number = at;
            return node;
        }
        if (at == 0) return nullptr; // past the largest number
    }
    return nullptr;
}
