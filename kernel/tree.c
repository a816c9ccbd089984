// SPDX-License-Identifier: MIT
// Balanced trees: the usual AVL rotations, iterative, with parent links so that a node can leave
// without a search. Depth is at most 1.44 log2(n), which bounds every walk here.
#include "kernel/tree.h"
#include "kernel/log.h"

static int32_t height(const struct tree_node *node)
{
    return node == nullptr ? 0 : node->height;
}

static void measure(struct tree_node *node)
{
    int32_t left = height(node->left), right = height(node->right);
    node->height = 1 + (left > right ? left : right);
}

// Puts `to` where `from` hangs below its parent.
static void replace(struct tree *tree, struct tree_node *from, struct tree_node *to)
{
    struct tree_node *parent = from->parent;
    if (parent == nullptr)
        tree->root = to;
    else if (parent->left == from)
        parent->left = to;
    else
        parent->right = to;
    if (to != nullptr) to->parent = parent;
}

static struct tree_node *rotate_left(struct tree *tree, struct tree_node *node)
{
    struct tree_node *up = node->right;
    replace(tree, node, up);
    node->right = up->left;
    if (up->left != nullptr) up->left->parent = node;
    up->left = node;
    node->parent = up;
    measure(node);
    measure(up);
    return up;
}

static struct tree_node *rotate_right(struct tree *tree, struct tree_node *node)
{
    struct tree_node *up = node->left;
    replace(tree, node, up);
    node->left = up->right;
    if (up->right != nullptr) up->right->parent = node;
    up->right = node;
    node->parent = up;
    measure(node);
    measure(up);
    return up;
}

// Mends heights and balance from `node` up to the root.
static void rebalance(struct tree *tree, struct tree_node *node)
{
    while (node != nullptr) {
        int32_t left = height(node->left), right = height(node->right), lean = left - right;
        if (lean >= -1 && lean <= 1) [[clang::likely]] {
            int32_t now = 1 + (lean > 0 ? left : right);
            if (node->height == now) return;
            node->height = now;
        } else if (lean > 1) {
            if (height(node->left->left) < height(node->left->right)) rotate_left(tree, node->left);
            node = rotate_right(tree, node);
        } else {
            if (height(node->right->right) < height(node->right->left)) {
                rotate_right(tree, node->right);
            }
            node = rotate_left(tree, node);
        }
        node = node->parent;
    }
}

void tree_insert(struct tree *tree, struct tree_node *node, uint64_t key)
{
    ASSERT(!tree_is_linked(node));
    *node = (struct tree_node){.key = key, .height = 1};
    struct tree_node *parent = nullptr;
    struct tree_node **place = &tree->root;
    bool first = true;
    while (*place != nullptr) {
        parent = *place;
        if (key < parent->key) {
            place = &parent->left;
        } else {
            place = &parent->right;
            first = false;
        }
    }
    *place = node;
    node->parent = parent;
    if (first) tree->first = node;
    rebalance(tree, parent);
}

void tree_remove(struct tree *tree, struct tree_node *node)
{
    ASSERT(tree_is_linked(node));
    if (tree->first == node) tree->first = tree_next(node);
    struct tree_node *start;
    if (node->left == nullptr || node->right == nullptr) {
        start = node->parent;
        replace(tree, node, node->left != nullptr ? node->left : node->right);
    } else {
        struct tree_node *next = node->right;
        while (next->left != nullptr) next = next->left;
        start = next->parent == node ? next : next->parent;
        if (next->parent != node) {
            replace(tree, next, next->right);
            next->right = node->right;
            next->right->parent = next;
        }
        replace(tree, node, next);
        next->left = node->left;
        next->left->parent = next;
        next->height = node->height;
    }
    node->height = 0;
    rebalance(tree, start);
}

struct tree_node *tree_find(const struct tree *tree, uint64_t key)
{
    struct tree_node *found = nullptr;
    for (struct tree_node *node = tree->root; node != nullptr;) {
        if (node->key >= key) {
            found = node;
            node = node->left;
        } else {
            node = node->right;
        }
    }
    return found;
}

struct tree_node *tree_next(const struct tree_node *node)
{
    if (node->right != nullptr) {
        struct tree_node *next = node->right;
        while (next->left != nullptr) next = next->left;
        return next;
    }
    const struct tree_node *below = node;
    struct tree_node *up = node->parent;
    while (up != nullptr && up->right == below) {
        below = up;
        up = up->parent;
    }
    return up;
}
