// SPDX-License-Identifier: MIT
#include "kernel/tree.h"
#include "kernel/list.h"
#include "test/unit.h"

enum : uint32_t { COUNT = 2000 };
static struct tree_node nodes[COUNT];

static uint32_t check(const struct tree_node *node)
{
    if (node == nullptr) return 0;
    uint32_t left = check(node->left), right = check(node->right);
    uint32_t high = left > right ? left : right, low = left > right ? right : left;
    if (high - low > 1 || (uint32_t)node->height != high + 1)
        unit_fail(__FILE__, __LINE__, "balance");
    return high + 1;
}

TEST("a tree stays balanced and in order whatever comes and goes")
{
    struct tree tree = {};
    uint64_t random = 88172645463325252u;
    for (uint32_t round = 0; round < 20000; round++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        struct tree_node *node = &nodes[random % COUNT];
        if (tree_is_linked(node))
            tree_take(&tree, node);
        else
            tree_add(&tree, node, random >> 20 & 1023);
        if (round % 500 == 0) EXPECT_ALL((void)check(tree.root));
    }
    uint64_t last = 0;
    for (struct tree_node *node = tree.first; node != nullptr; node = tree_next(node)) {
        EXPECT(node->key >= last);
        last = node->key;
    }
}

TEST("equal keys keep the order in which they came, and finding gives the first of them")
{
    struct tree tree = {};
    struct tree_node same[5] = {};
    for (uint32_t i = 0; i < 5; i++) tree_add(&tree, &same[i], 7);
    struct tree_node *node = tree_find(&tree, 3);
    for (uint32_t i = 0; i < 5; i++, node = tree_next(node)) EXPECT(node == &same[i]);
    EXPECT(tree_find(&tree, 7) == &same[0] && tree_find(&tree, 8) == nullptr);
}
