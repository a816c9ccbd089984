// SPDX-License-Identifier: MIT
// The radix tree against a plain array, and its edges.
#include "kernel/memory/page_tree.h"
#include "kernel/memory/page.h"
#include "test/unit.h"
#include <arch/arch.h>

static struct page pages[4]; // only their addresses count

TEST("an empty tree has nothing anywhere")
{
    none_reset();
    struct page_tree tree;
    page_tree_init(&tree, nullptr);
    uint64_t number = 0;
    EXPECT(page_tree_find(&tree, 0) == nullptr && page_tree_find(&tree, UINT64_MAX) == nullptr);
    EXPECT(page_tree_next(&tree, &number) == nullptr && page_tree_remove(&tree, 5) == nullptr);
}

TEST("numbers far apart live in one tree, and it is empty again without them")
{
    none_reset();
    struct page_tree tree;
    page_tree_init(&tree, nullptr);
    static const uint64_t numbers[] = {3, 64, 4095, 1ull << 40, UINT64_MAX >> 12};
    uint64_t free = page_free_count();
    for (int i = 4; i >= 0; i--) EXPECT(page_tree_insert(&tree, numbers[i], &pages[i % 4]) == OK);
    uint64_t at = 0;
    for (int i = 0; i < 5; i++, at++)
        EXPECT(page_tree_next(&tree, &at) == &pages[i % 4] && at == numbers[i]);
    EXPECT(page_tree_next(&tree, &at) == nullptr && tree.count == 5);
    for (int i = 0; i < 5; i++) EXPECT(page_tree_remove(&tree, numbers[i]) == &pages[i % 4]);
    EXPECT(tree.root == nullptr && tree.count == 0);
    EXPECT(free - page_free_count() <= 1); // the slab's spare block
}

TEST("ten thousand random changes agree with an array")
{
    none_reset();
    struct page_tree tree;
    page_tree_init(&tree, nullptr);
    static struct page *model[9000];
    uint64_t random = 1, count = 0;
    for (int i = 0; i < 10000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        uint64_t number = (random >> 33) % 9000;
        struct page *page = &pages[random >> 40 & 3];
        if (random >> 50 & 1) {
            EXPECT(page_tree_insert(&tree, number, page) == OK);
            count += model[number] == nullptr;
            model[number] = page;
        } else {
            EXPECT(page_tree_remove(&tree, number) == model[number]);
            count -= model[number] != nullptr;
            model[number] = nullptr;
        }
        EXPECT(tree.count == count);
    }
    uint64_t at = 0;
    for (uint64_t i = 0; i < 9000; i++) {
        EXPECT(page_tree_find(&tree, i) == model[i]);
        if (model[i] == nullptr) continue;
        EXPECT(page_tree_next(&tree, &at) == model[i] && at == i);
        at++;
    }
}
