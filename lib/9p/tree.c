// SPDX-License-Identifier: MIT
// Synthetic trees. A node is a directory with its children (children.c), or a file of functions;
// the text of a file is made when it is opened and belongs to the open file. A removed node stays
// as long as somebody has it open, marked dead.
#include "children.h"
#include "server_internal.h"
#include "text.h"
#include <ferrite/log.h>

struct tree_node {
    struct p9_node node;
    const struct p9_operations *own; // of its entry
    void *context;
    struct child child; // of its directory
    union {             // of a directory, a file, a link
        struct children children;
        struct {
            int (*text)(struct p9_request *request, void *context, struct p9_text *text);
            int (*command)(struct p9_request *request, void *context, const char *text,
                           size_t size);
        } file;
        const char *target;
    };
    bool is_dead;
    char name[]; // and target
};

static const struct p9_operations directory_operations, file_operations, link_operations;

static bool text_reserve(struct p9_text *text, size_t more)
{
    if (text->size + more <= text->capacity) return true;
    size_t capacity = text->capacity ? text->capacity * 2 : 256;
    while (capacity < text->size + more) capacity *= 2;
    char *bytes = realloc(text->bytes, capacity);
    if (bytes == nullptr) {
        text->has_failed = true;
        return false;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

void p9_print_bytes(struct p9_text *text, const void *data, size_t size)
{
    if (!text_reserve(text, size)) return;
    memcpy(text->bytes + text->size, data, size);
    text->size += size;
}

void p9_print(struct p9_text *text, const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    size_t size = fe_format_list(line, sizeof line, format, arguments);
    va_end(arguments);
    p9_print_bytes(text, line, size);
}

static struct tree_node *tree_of(const struct p9_node *node)
{
    return (struct tree_node *)(uintptr_t)node;
}

static struct tree_node *tree_of_child(struct child *child)
{
    if (child == nullptr) return nullptr;
    return (struct tree_node *)((uintptr_t)child - offsetof(struct tree_node, child));
}

static bool tree_is_directory(const struct tree_node *tree)
{
    return (tree->node.mode & MODE_TYPE) == MODE_DIRECTORY;
}

static struct tree_node *child_find(const struct tree_node *directory, struct p9_name name)
{
    return tree_is_directory(directory) ? tree_of_child(children_find(&directory->children, name))
                                        : nullptr;
}

static int tree_lookup(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                       struct p9_node **found)
{
    struct tree_node *child = child_find(tree_of(directory), name);
    if (child == nullptr) return -ENOENT;
    p9_node_get(&child->node);
    *found = &child->node;
    return 0;
}

// Offsets are the paths' numbers, which only grow: a directory that changes while it is listed
// skips nothing.
static int tree_readdir(struct p9_request *request, struct p9_open *open, uint64_t offset,
                        struct p9_listing *listing)
{
    struct tree_node *directory = tree_of(open->node);
    for (uint32_t i = 0; i < directory->children.used; i++) {
        struct tree_node *child = tree_of_child(directory->children.list[i]);
        if (child == nullptr || child->node.path < offset) continue;
        uint64_t next = child->node.path + 1;
        if (!p9_list(listing, p9_name_of(child->name), &child->node, next)) break;
    }
    return 0;
}

static int tree_open(struct p9_request *request, struct p9_open *open)
{
    struct tree_node *file = tree_of(open->node);
    uint32_t access = open->flags & OPEN_ACCESS;
    bool reads = access != OPEN_WRITE;
    if (file->is_dead || (reads && file->file.text == nullptr && file->file.command == nullptr)) {
        return -EACCES;
    }
    if (access != OPEN_READ && file->file.command == nullptr) return -EACCES;
    if (!reads || file->file.text == nullptr) return 0;
    struct p9_text *text = calloc(1, sizeof *text);
    if (text == nullptr) return -ENOMEM;
    int result = file->file.text(request, file->context, text);
    if (result == 0 && text->has_failed) result = -ENOMEM;
    if (result != 0) {
        free(text->bytes);
        free(text);
        return result;
    }
    open->state = text;
    return 0;
}

static void tree_close(struct p9_open *open)
{
    struct p9_text *text = open->state;
    if (text) free(text->bytes);
    free(text);
}

static int64_t tree_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                         void *to, size_t count)
{
    const struct p9_text *text = open->state;
    if (text == nullptr || offset >= text->size) return 0;
    if (count > text->size - offset) count = (size_t)(text->size - offset);
    memcpy(to, text->bytes + offset, count);
    return (int64_t)count;
}

// A command is a text: its reader would take what is after a NUL for nothing.
static int64_t tree_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                          const void *from, size_t count)
{
    struct tree_node *file = tree_of(open->node);
    if (file->is_dead) return -ENODEV;
    if (count != 0 && memchr(from, 0, count) != nullptr) return -EINVAL;
    int result = file->file.command(request, file->context, from, count);
    return result != 0 ? result : (int64_t)count;
}

// What a shell's `>` asks for: there is nothing to cut off.
static int tree_truncate(struct p9_request *request, struct p9_node *node, uint64_t size)
{
    return 0;
}

static int64_t tree_readlink(struct p9_request *request, struct p9_node *node, char *to,
                             size_t capacity)
{
    const char *target = tree_of(node)->target;
    size_t size = strlen(target);
    if (size > capacity) size = capacity;
    memcpy(to, target, size);
    return (int64_t)size;
}

// A directory's own operations (entry "") give the control requests that it understands.
static int tree_control(struct p9_request *request, struct p9_open *open, uint32_t control)
{
    const struct p9_operations *own = tree_of(open->node)->own;
    return own && own->control ? own->control(request, open, control) : -ENOTTY;
}

static void tree_release(struct p9_node *node)
{
    struct tree_node *tree = tree_of(node);
    if (tree_is_directory(tree)) children_fini(&tree->children);
    free(tree);
}

static const struct p9_operations directory_operations = {
    .lookup = tree_lookup,
    .readdir = tree_readdir,
    .control = tree_control,
};
static const struct p9_operations file_operations = {.open = tree_open,
                                                     .close = tree_close,
                                                     .read = tree_read,
                                                     .write = tree_write,
                                                     .truncate = tree_truncate};
static const struct p9_operations link_operations = {.readlink = tree_readlink};

// What is not the node's. `room` is for a link's target.
static void entry_keep(struct tree_node *tree, const struct p9_tree_entry *entry, char *room)
{
    tree->own = entry->operations;
    tree->context = entry->context;
    if (tree_is_directory(tree)) return;
    if (entry->target != nullptr) {
        tree->target = memcpy(room, entry->target, strlen(entry->target) + 1);
    } else {
        tree->file.text = entry->text;
        tree->file.command = entry->command;
    }
}

static struct tree_node *tree_node_create(struct p9_name name, const struct p9_tree_entry *entry)
{
    size_t target_size = entry && entry->target ? strlen(entry->target) + 1 : 0;
    struct tree_node *tree = calloc(1, sizeof *tree + name.size + 1 + target_size);
    if (tree == nullptr) return nullptr;
    uint32_t mode = entry ? entry->mode : MODE_DIRECTORY | 0555;
    if ((mode & MODE_TYPE) == 0) mode |= MODE_FILE;
    const struct p9_operations *operations = &file_operations;
    if ((mode & MODE_TYPE) == MODE_DIRECTORY) operations = &directory_operations;
    if ((mode & MODE_TYPE) == MODE_LINK) operations = &link_operations;
    if (entry && entry->operations) operations = entry->operations;
    tree->node = (struct p9_node){.operations = operations,
                                  .free = tree_release,
                                  .references = 1,
                                  .mode = mode,
                                  .uid = entry ? entry->uid : 0,
                                  .gid = entry ? entry->gid : 0,
                                  .path = p9_path_new()};
    memcpy(tree->name, name.text, name.size);
    tree->child.name = tree->name;
    if (entry) entry_keep(tree, entry, tree->name + name.size + 1);
    return tree;
}

static bool child_add(struct tree_node *directory, struct tree_node *child)
{
    if (!tree_is_directory(directory)) return false;
    if (!children_add(&directory->children, &child->child)) return false;
    p9_node_changed(&directory->node);
    return true;
}

// The directory of the last name of `path`, made on the way when `make` is set.
static struct tree_node *parent_find(struct tree_node *root, const char *path, bool make,
                                     struct p9_name *last)
{
    struct tree_node *directory = root;
    for (;;) {
        size_t size = strcspn(path, "/");
        *last = (struct p9_name){path, size};
        if (path[size] == '\0') return directory;
        struct tree_node *next = child_find(directory, *last);
        if (next == nullptr && make) {
            next = tree_node_create(*last, nullptr);
            if (next && !child_add(directory, next)) {
                tree_release(&next->node);
                next = nullptr;
            }
        }
        if (next == nullptr) return nullptr;
        directory = next;
        path += size + 1;
    }
}

int p9_tree_add(struct p9_node *root, const struct p9_tree_entry *entry, struct p9_node **node)
{
    struct p9_name name;
    if (entry->path[0] == '\0') { // the root itself
        entry_keep(tree_of(root), entry, nullptr);
        return 0;
    }
    struct tree_node *directory = parent_find(tree_of(root), entry->path, true, &name);
    if (directory == nullptr) return -ENOMEM;
    if (child_find(directory, name)) return -EEXIST;
    struct tree_node *child = tree_node_create(name, entry);
    if (child == nullptr) return -ENOMEM;
    if (!child_add(directory, child)) {
        tree_release(&child->node);
        return -ENOMEM;
    }
    if (node) *node = &child->node;
    return 0;
}

int p9_tree_create(const struct p9_tree_entry *table, size_t count, struct p9_node **root)
{
    struct tree_node *tree = tree_node_create((struct p9_name){"", 0}, nullptr);
    if (tree == nullptr) return -ENOMEM;
    *root = &tree->node;
    for (size_t i = 0; i < count; i++) {
        int result = p9_tree_add(*root, &table[i], nullptr);
        if (result != 0) return result;
    }
    return 0;
}

// A tree is as deep as its entries' paths, which the server's own code gives.
static void subtree_drop(struct tree_node *tree)
{
    for (uint32_t i = 0; tree_is_directory(tree) && i < tree->children.used; i++) {
        struct tree_node *child = tree_of_child(tree->children.list[i]);
        if (child != nullptr) subtree_drop(child);
    }
    if (tree_is_directory(tree)) children_fini(&tree->children);
    tree->is_dead = true;
    tree->context = nullptr;
    p9_node_changed(&tree->node);
    p9_node_put(&tree->node);
}

void p9_tree_remove(struct p9_node *root, const char *path)
{
    struct p9_name name;
    struct tree_node *directory = parent_find(tree_of(root), path, false, &name);
    if (directory == nullptr) return;
    struct tree_node *child = child_find(directory, name);
    if (child == nullptr) return;
    children_remove(&directory->children, &child->child);
    subtree_drop(child);
}

void *p9_tree_context(const struct p9_node *node)
{
    return tree_of(node)->context;
}
