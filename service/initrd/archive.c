// SPDX-License-Identifier: MIT
// From the archive to the tree.
#include "initrd.h"

#include <abi/errno.h>
#include <cpio/cpio.h>
#include <cpio/initrd.h>
#include <ferrite/libc.h>
#include <ferrite/log.h>

struct entry *entry_find(const struct entry *directory, struct p9_name name)
{
    for (struct entry *e = directory->first_child; e; e = e->next) {
        if (p9_name_is(name, e->name)) return e;
    }
    return nullptr;
}

static struct entry *entry_create(struct entry *parent, struct p9_name name)
{
    struct entry *entry = calloc(1, sizeof *entry);
    char *text = malloc(name.size + 1);
    if (entry == nullptr || text == nullptr) {
        free(entry);
        free(text);
        return nullptr;
    }
    memcpy(text, name.text, name.size);
    text[name.size] = '\0';
    entry->name = text;
    entry->node = (struct p9_node){.operations = &initrd_operations,
                                   .references = 1,
                                   .mode = MODE_DIRECTORY | 0755,
                                   .path = p9_path_new()};
    entry->parent = parent;
    archive.count++;
    if (parent == nullptr) return entry;
    if (parent->last_child) {
        parent->last_child->next = entry;
    } else {
        parent->first_child = entry;
    }
    parent->last_child = entry;
    return entry;
}

// The entry for a path, made with what lies above it where it is missing.
static struct entry *entry_make(const char *path)
{
    struct entry *here = archive.root;
    while (here && *path) {
        struct p9_name name = {path, strcspn(path, "/")};
        path += name.size + (path[name.size] == '/');
        if (name.size == 0 || p9_name_is(name, ".")) continue;
        if (p9_name_is(name, "..")) return nullptr;
        struct entry *next = entry_find(here, name);
        here = next ? next : entry_create(here, name);
    }
    return here;
}

static int add(const struct cpio_entry *from)
{
    struct entry *entry = entry_make(from->name);
    if (entry == nullptr) return -ENOMEM;
    entry->node.mode = from->mode;
    entry->node.modify_time = entry->node.change_time = entry->node.access_time =
        from->modify_time * 1'000'000'000;
    bool is_directory = (from->mode & MODE_TYPE) == MODE_DIRECTORY;
    entry->node.size = is_directory ? 0 : from->size;
    entry->offset = from->offset;
    entry->is_image = initrd_vouched(archive.bytes + from->offset, from->size) != 0;
    return 0;
}

int archive_read(size_t size)
{
    struct cpio cpio;
    struct cpio_entry entry;
    enum status status;
    archive.root = entry_create(nullptr, (struct p9_name){"", 0});
    if (archive.root == nullptr) return -ENOMEM;
    cpio_open(&cpio, archive.bytes, size);
    while ((status = cpio_next(&cpio, &entry)) == OK) {
        int result = add(&entry);
        if (result != 0) return result;
    }
    if (status != ERR_NOT_FOUND) fe_log("the archive is malformed after %zu bytes", cpio.at);
    return 0;
}
