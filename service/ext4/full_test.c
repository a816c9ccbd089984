// SPDX-License-Identifier: MIT
// The volume without room: nothing is lost, and what is deleted makes some.
#include "test/unit.h"

#include "fake_disk.h"

// Two files take turns until there is no room, to the last block; then both go.
static bool fills_up(void)
{
    struct p9_creation creation = {.mode = MODE_FILE | 0644};
    struct p9_open open = {}, other = {};
    static const uint8_t bytes[3000] = {1};
    disk.size = (size_t)4 << 20;
    disk.bytes = calloc(1, disk.size);
    struct file *top;
    if (!disk_make("-J size=1 -N 64") || ext4_open("disk", false) != 0) return false;
    if (file_get(EXT2_ROOT_INO, &top) != 0) return false;
    struct p9_node *root = &top->node;
    bool good = name_create(nullptr, root, p9_name_of("full"), &creation, &open.node) == 0 &&
                name_create(nullptr, root, p9_name_of("other"), &creation, &other.node) == 0;
    uint64_t size = 0;
    int64_t part = 0;
    for (int round = 0; good && part >= 0; round++) {
        part = content_write(nullptr, &open, size, bytes, sizeof bytes);
        if (part > 0) size += (uint64_t)part;
        if (round % 3 == 0 && part > 0)
            part = content_write(nullptr, &other, other.node->size, bytes, 100);
        if (round % 50 == 0) good = commit() == 0;
    }
    good = good && part == -ENOSPC && commit() == 0 && open.node->size == size;
    good = good && name_remove(nullptr, root, p9_name_of("full"), open.node) == 0;
    p9_node_put(open.node);
    good = good && ext4.error == 0 && commit() == 0;
    good = good && name_remove(nullptr, root, p9_name_of("other"), other.node) == 0;
    p9_node_put(other.node);
    good = good && commit() == 0 && journal_checkpoint(&ext4.journal, &ext4.cache) == 0;
    return good && disk_is_clean();
}

TEST("a full disk loses nothing, and what is deleted makes room")
{
    EXPECT(fills_up());
}
