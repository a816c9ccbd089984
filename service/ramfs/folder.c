// SPDX-License-Identifier: MIT
// Operations on folders. What may be done has been checked by lib/9p before.
#include "ramfs.h"

#include <abi/errno.h>
#include <ferrite/libc.h>

enum : size_t { NAME_MAX = 255 };

static uint64_t last_number;

static struct node *folder_of(const struct p9_node *node)
{
    return (struct node *)(uintptr_t)node;
}

static bool is_folder(const struct node *node)
{
    return (node->node.mode & MODE_TYPE) == MODE_DIRECTORY;
}

enum : uint32_t { TABLE_FROM = 8 }; // fewer entries are looked through

static bool is_named(const struct entry *entry, struct p9_name name)
{
    return entry->size == name.size && memcmp(entry->name, name.text, name.size) == 0;
}

static struct entry *find(const struct node *node, struct p9_name name)
{
    const struct folder *folder = &node->folder;
    struct entry *at;
    if (folder->table == nullptr) {
        for (at = folder->first; at && !is_named(at, name); at = at->next) continue;
        return at;
    }
    uint32_t hash = p9_name_hash(name);
    at = folder->table[hash & (folder->size - 1)];
    while (at && (at->hash != hash || !is_named(at, name))) at = at->same;
    return at;
}

static void table_put(struct folder *folder, struct entry *entry)
{
    struct entry **place = &folder->table[entry->hash & (folder->size - 1)];
    entry->same = *place;
    *place = entry;
}

static void table_take(struct folder *folder, const struct entry *entry)
{
    struct entry **at = &folder->table[entry->hash & (folder->size - 1)];
    while (*at != entry) at = &(*at)->same;
    *at = entry->same;
}

// Without memory for a larger one, the old one does.
static void table_grow(struct folder *folder)
{
    uint32_t size = folder->size == 0 ? 4 * TABLE_FROM : folder->size * 4;
    if (!room_take(size * sizeof(struct entry *))) return;
    struct entry **table = calloc(size, sizeof(struct entry *));
    if (table == nullptr) return;
    free(folder->table);
    folder->table = table;
    folder->size = size;
    for (struct entry *at = folder->first; at; at = at->next) table_put(folder, at);
}

void folder_fini(struct folder *folder)
{
    free(folder->table);
    *folder = (struct folder){};
}

static struct entry *entry_create(struct p9_name name)
{
    if (!room_take(sizeof(struct entry) + name.size)) return nullptr;
    struct entry *entry = malloc(sizeof *entry + name.size);
    if (entry == nullptr) return nullptr;
    *entry = (struct entry){.hash = p9_name_hash(name), .size = (uint32_t)name.size};
    memcpy(entry->name, name.text, name.size);
    return entry;
}

// The node's reference moves in.
static void append(struct node *into, struct entry *entry, struct node *node)
{
    struct folder *folder = &into->folder;
    entry->node = node;
    entry->number = ++last_number;
    entry->next = nullptr;
    entry->previous = folder->last;
    *(folder->last ? &folder->last->next : &folder->first) = entry;
    folder->last = entry;
    if (folder->table) table_put(folder, entry);
    if (++folder->count > TABLE_FROM && folder->count > folder->size * 2) table_grow(folder);
    if (is_folder(node)) {
        node->parent = into;
        into->node.links++;
    }
    node_modified(into);
}

// Takes the entry out; its node's reference becomes the caller's.
static struct node *take(struct node *from, struct entry *entry)
{
    struct folder *folder = &from->folder;
    struct node *node = entry->node;
    *(entry->previous ? &entry->previous->next : &folder->first) = entry->next;
    *(entry->next ? &entry->next->previous : &folder->last) = entry->previous;
    if (folder->reached == entry) folder->reached = entry->previous;
    if (folder->table) table_take(folder, entry);
    folder->count--;
    free(entry);
    if (is_folder(node)) from->node.links--;
    node_modified(from);
    return node;
}

static void unlink_node(struct node *node)
{
    node->node.links -= is_folder(node) ? 2 : 1;
    p9_node_put(&node->node);
}

int folder_lookup(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                  struct p9_node **found)
{
    struct entry *entry = find(folder_of(directory), name);
    if (entry == nullptr) return -ENOENT;
    *found = &entry->node->node;
    p9_node_get(*found);
    return 0;
}

int folder_readdir(struct p9_request *request, struct p9_open *open, uint64_t offset,
                   struct p9_listing *listing)
{
    struct folder *folder = &folder_of(open->node)->folder;
    struct entry *at = folder->reached;
    if (at == nullptr || at->number > offset) at = folder->first;
    for (; at != nullptr; at = at->next) {
        if (at->number <= offset) continue;
        struct p9_name name = {at->name, at->size};
        if (!p9_list(listing, name, &at->node->node, at->number)) break;
        folder->reached = at;
    }
    return 0;
}

int folder_create(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                  const struct p9_creation *creation, struct p9_node **made)
{
    struct node *folder = folder_of(directory);
    uint32_t type = creation->mode & MODE_TYPE;
    if (type != MODE_FILE && type != MODE_DIRECTORY && type != MODE_LINK && type != MODE_FIFO &&
        type != MODE_SOCKET)
        return -EOPNOTSUPP;
    if (name.size > NAME_MAX) return -ENAMETOOLONG;
    if (folder->node.links == 0) return -ENOENT; // removed, and still open
    struct entry *entry = entry_create(name);
    struct node *node = entry == nullptr ? nullptr : node_create(creation);
    if (node == nullptr) {
        free(entry);
        return -ENOSPC;
    }
    append(folder, entry, node);
    *made = &node->node;
    p9_node_get(*made);
    return 0;
}

int folder_remove(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                  struct p9_node *node)
{
    struct node *folder = folder_of(directory), *gone = folder_of(node);
    struct entry *at = find(folder, name);
    if (at == nullptr) return -ENOENT;
    if (is_folder(gone) && gone->folder.first != nullptr) return -ENOTEMPTY;
    unlink_node(take(folder, at));
    return 0;
}

static bool is_below(const struct node *folder, const struct node *above)
{
    for (const struct node *at = folder; at != nullptr; at = at->parent) {
        if (at == above) return true;
    }
    return false;
}

int folder_rename(struct p9_request *request, const struct p9_place *from,
                  const struct p9_place *to)
{
    struct node *source = folder_of(from->directory), *target = folder_of(to->directory);
    struct node *moved = folder_of(from->node);
    struct entry *at = find(source, from->name);
    if (at == nullptr || at->node != moved) return -ENOENT;
    if (is_folder(moved) && is_below(target, moved)) return -EINVAL;
    if (to->name.size > NAME_MAX) return -ENAMETOOLONG;
    if (to->node && is_folder(folder_of(to->node)) && folder_of(to->node)->folder.first)
        return -ENOTEMPTY;
    struct entry *entry = entry_create(to->name);
    if (entry == nullptr) return -ENOSPC;
    if (to->node) unlink_node(take(target, find(target, to->name)));
    append(target, entry, take(source, at));
    return 0;
}

int folder_link(struct p9_request *request, struct p9_node *node, const struct p9_place *to)
{
    if (is_folder(folder_of(node))) return -EPERM;
    if (to->name.size > NAME_MAX) return -ENAMETOOLONG;
    struct entry *entry = entry_create(to->name);
    if (entry == nullptr) return -ENOSPC;
    p9_node_get(node);
    node->links++;
    append(folder_of(to->directory), entry, folder_of(node));
    return 0;
}
