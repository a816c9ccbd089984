// SPDX-License-Identifier: MIT
// Renaming. The new name comes before the old one goes, and both in one transaction: at any power
// cut the file has one of them. A directory that moves gets another "..".
#include "ext4.h"

#include <errno.h>

enum : uint32_t { BLOCKS_PER_RENAME = 16 };

static bool is_directory(const struct p9_node *node)
{
    return (node->mode & MODE_TYPE) == MODE_DIRECTORY;
}

// Whether `above` is `at` or above it, by the "..".
static int is_below(uint32_t at, uint32_t above)
{
    static const struct p9_name dots = {"..", 2};
    for (uint32_t steps = 0; steps < ext4.fs->super->s_inodes_count; steps++) {
        struct file *file;
        if (at == above) return -EINVAL;
        if (at == EXT2_ROOT_INO) return 0;
        int result = file_get(at, &file);
        if (result != 0) return result;
        result = directory_find(file, dots, &at);
        p9_node_put(&file->node);
        if (result != 0) return result;
    }
    return -EUCLEAN;
}

static int check(const struct p9_place *from, const struct p9_place *to)
{
    if (to->directory->links == 0) return -ENOENT;
    if (to->node && is_directory(to->node)) {
        int result = directory_is_empty(file_of(to->node));
        if (result != 0) return result;
    }
    if (!is_directory(from->node) || from->directory == to->directory) return 0;
    return is_below(file_of(to->directory)->number, file_of(from->node)->number);
}

// What had the new name has one less.
static int replaced(struct p9_node *directory, struct p9_node *node)
{
    bool was_directory = is_directory(node);
    node->links = was_directory ? 0 : node->links - 1;
    if (was_directory) directory->links--;
    file_touch(file_of(node), false);
    return node->links == 0 ? orphan_add(file_of(node)) : 0;
}

static int parent_change(const struct p9_place *from, const struct p9_place *to)
{
    static const struct p9_name dots = {"..", 2};
    int result = entry_replace(file_of(from->node), dots, file_of(to->directory));
    if (result != 0) return result;
    from->directory->links--;
    to->directory->links++;
    file_changed(file_of(from->directory));
    file_changed(file_of(to->directory));
    return 0;
}

int name_rename(struct p9_request *request, const struct p9_place *from, const struct p9_place *to)
{
    struct file *moved = file_of(from->node), *target = file_of(to->directory);
    int result = check(from, to);
    if (result == 0) result = change_begin(BLOCKS_PER_RENAME);
    if (result != 0) return result;
    result = to->node ? entry_replace(target, to->name, moved) : entry_add(target, to->name, moved);
    if (result != 0) return result; // nothing has happened
    if (to->node) result = replaced(to->directory, to->node);
    if (result == 0) result = entry_remove(file_of(from->directory), from->name);
    if (result == 0 && is_directory(from->node) && from->directory != to->directory)
        result = parent_change(from, to);
    file_touch(moved, false);
    if (result != 0) ext4_abort(result, "a rename came to a halt");
    change_end();
    return result;
}
