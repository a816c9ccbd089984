// SPDX-License-Identifier: MIT
// The table of a namespace: mount points in a tree by the hash of their path, so a resolution
// hashes the path once, component by component, and looks each prefix up. The hash is one that
// nobody can aim at (path.h).
#include "kernel/object/namespace.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/object/channel.h"
#include "kernel/object/quota.h"
#include "kernel/schedule/lock.h"
#include "kernel/string.h"
#include "kernel/syscall.h"
#include <arch/arch.h>

static struct slab point_slab, mount_slab;

void namespace_init_all(void)
{
    slab_init(&point_slab, "mount point", sizeof(struct mount_point));
    slab_init(&mount_slab, "mount", sizeof(struct mount));
}

static inline uint64_t size_bit(size_t size)
{
    return UINT64_C(1) << size % 64;
}

static bool is_at(const struct mount_point *point, const char *path, size_t size)
{
    return point->path.size == size && memcmp(point->path.at, path, size) == 0;
}

// Among those with the hash of `node` that come after it, which is rarely more than none.
[[gnu::noinline]] static struct mount_point *point_find_after(const struct tree_node *node,
                                                              const char *path, size_t size)
{
    uint64_t hash = node->key;
    while ((node = tree_next(node)) != nullptr && node->key == hash) {
        struct mount_point *point = CONTAINER(node, struct mount_point, node);
        if (is_at(point, path, size)) return point;
    }
    return nullptr;
}

static inline struct mount_point *point_find(const struct namespace *name_space, uint64_t hash,
                                             const char *path, size_t size)
{
    struct tree_node *node = tree_find(&name_space->points, hash);
    if (node == nullptr || node->key != hash) return nullptr;
    struct mount_point *point = CONTAINER(node, struct mount_point, node);
    return is_at(point, path, size) ? point : point_find_after(node, path, size);
}

static void mount_free(struct namespace *name_space, struct mount *mount)
{
    struct session *session = mount->session;
    list_remove(&mount->node);
    tree_take(&name_space->mounts, &mount->by_id);
    text_clear(name_space->object.owner, &mount->start);
    charged_free(name_space->object.owner, &mount_slab, sizeof *mount, mount);
    object_put_handle(&session->object);
}

static void point_free(struct namespace *name_space, struct mount_point *point)
{
    ASSERT(list_is_empty(&point->mounts));
    if (!point->is_replaced) tree_take(&name_space->points, &point->node);
    text_clear(name_space->object.owner, &point->path);
    charged_free(name_space->object.owner, &point_slab, sizeof *point, point);
}

enum : uint32_t { FREE_STEP = 3 }; // mounts and points per bounded step

static bool namespace_reap(struct reap *reap)
{
    struct namespace *name_space = CONTAINER(reap, struct namespace, reap);
    for (uint32_t step = 0; step < FREE_STEP; step++) {
        struct tree_node *root = name_space->points.root;
        if (root == nullptr) {
            ASSERT(tree_is_empty(&name_space->mounts));
            object_free(&name_space->object);
            return true;
        }
        struct mount_point *point = CONTAINER(root, struct mount_point, node);
        struct list_node *node = list_first(&point->mounts);
        if (node != nullptr)
            mount_free(name_space, CONTAINER(node, struct mount, node));
        else
            point_free(name_space, point);
    }
    return false;
}

// A union that another mount has taken the place of. Few go at once, many in steps.
static bool point_reap(struct reap *reap)
{
    struct mount_point *point = CONTAINER(reap, struct mount_point, reap);
    struct namespace *name_space = point->owner;
    for (uint32_t step = 0; step < FREE_STEP; step++) {
        struct list_node *node = list_first(&point->mounts);
        if (node == nullptr) {
            point_free(name_space, point);
            object_put(&name_space->object);
            return true;
        }
        mount_free(name_space, CONTAINER(node, struct mount, node));
    }
    return false;
}

static void point_replace(struct namespace *name_space, struct mount_point *point)
{
    tree_take(&name_space->points, &point->node);
    point->is_replaced = true;
    object_get(&name_space->object);
    if (lock_should_pass() || !point_reap(&point->reap)) reap_add(&point->reap);
}

static void namespace_destroy(struct object *object)
{
    struct namespace *name_space = (struct namespace *)object;
    if (!tree_is_empty(&name_space->points) || !namespace_reap(&name_space->reap))
        reap_add(&name_space->reap);
}

const struct object_operations namespace_operations = {
    .name = "namespace",
    .size = sizeof(struct namespace),
    .destroy = namespace_destroy,
};

enum status namespace_create(struct process *owner, struct namespace **result)
{
    TRY(object_create(OBJECT_NAMESPACE, owner, result));
    (*result)->next_id = 1;
    path_init();
    reap_init(&(*result)->reap, namespace_reap);
    return OK;
}

static enum status point_new(struct namespace *name_space, const char *path, size_t size,
                             struct mount_point **result)
{
    struct process *owner = name_space->object.owner;
    struct mount_point *point;
    TRY(charged_take(owner, &point_slab, sizeof *point, &point));
    enum status status = text_set(owner, &point->path, path, size);
    if (status != OK) {
        charged_free(owner, &point_slab, sizeof *point, point);
        return status;
    }
    list_init(&point->mounts);
    point->cursor = (struct mount_cursor){};
    point->owner = name_space;
    point->is_replaced = false;
    reap_init(&point->reap, point_reap);
    *result = point;
    return OK;
}

// The point of `plan`'s path, with its union in it or empty; in the place of the one before when
// that is replaced.
static enum status point_make(struct namespace *name_space, const struct mount_plan *plan,
                              struct mount_point **result)
{
    struct mount_point *old = point_find(name_space, plan->hash, plan->path, plan->path_size);
    *result = old;
    if (old != nullptr && (plan->flags & ~(uint32_t)MOUNT_CREATE) != MOUNT_REPLACE) return OK;
    TRY(point_new(name_space, plan->path, plan->path_size, result));
    if (old != nullptr) point_replace(name_space, old);
    (*result)->node.height = 0; // in no tree
    tree_add(&name_space->points, &(*result)->node, plan->hash);
    name_space->sizes |= size_bit(plan->path_size);
    return OK;
}

static enum status mount_make(struct namespace *name_space, const struct mount_plan *plan,
                              struct mount **result)
{
    struct process *owner = name_space->object.owner;
    struct mount *mount;
    TRY(charged_take(owner, &mount_slab, sizeof *mount, &mount));
    enum status status = text_set(owner, &mount->start, plan->start, plan->start_size);
    if (status != OK) {
        charged_free(owner, &mount_slab, sizeof *mount, mount);
        return status;
    }
    list_node_init(&mount->node);
    mount->session = plan->session;
    mount->rights = plan->rights;
    mount->flags = plan->flags & MOUNT_CREATE;
    mount->by_id.height = 0; // in no tree
    uint64_t id = plan->id != 0 ? plan->id : name_space->next_id;
    tree_add(&name_space->mounts, &mount->by_id, id);
    if (id >= name_space->next_id) name_space->next_id = id + 1;
    object_get_handle(&plan->session->object);
    *result = mount;
    return OK;
}

static bool is_single(const struct mount_point *point)
{
    const struct list_node *first = point->mounts.head.next;
    return first != &point->mounts.head && first->next == &point->mounts.head;
}

// Each of several mounts at a path says that it is not the only one.
static void union_mark(struct mount_point *point, uint32_t flag)
{
    struct mount *only = CONTAINER(list_first(&point->mounts), struct mount, node);
    only->flags = (only->flags & ~(uint32_t)MOUNT_UNION) | flag;
}

enum status namespace_add(struct namespace *name_space, const struct mount_plan *plan, uint64_t *id)
{
    uint32_t order = plan->flags & ~(uint32_t)MOUNT_CREATE;
    if (order > MOUNT_AFTER) return ERR_BAD_ARGUMENT;
    struct mount *mount;
    TRY(mount_make(name_space, plan, &mount));
    struct mount_point *point;
    enum status status = point_make(name_space, plan, &point);
    if (status != OK) {
        mount_free(name_space, mount);
        return status;
    }
    mount->point = point;
    if (is_single(point)) union_mark(point, MOUNT_UNION);
    if (!list_is_empty(&point->mounts)) mount->flags |= MOUNT_UNION;
    if (order == MOUNT_AFTER)
        list_append(&point->mounts, &mount->node);
    else
        list_prepend(&point->mounts, &mount->node);
    *id = mount->by_id.key;
    name_space->generation++;
    return OK;
}

// --- Looking ---

struct mount *namespace_first(const struct namespace *name_space)
{
    const struct tree_node *node = name_space->points.first;
    if (node == nullptr) return nullptr;
    struct mount_point *point = CONTAINER(node, struct mount_point, node);
    return CONTAINER(list_first(&point->mounts), struct mount, node); // none is empty
}

static struct mount *union_next(const struct mount *mount)
{
    struct list_node *node = mount->node.next;
    return node == &mount->point->mounts.head ? nullptr : CONTAINER(node, struct mount, node);
}

struct mount *namespace_next(const struct mount *mount)
{
    struct mount *next = union_next(mount);
    if (next != nullptr) return next;
    struct tree_node *node = tree_next(&mount->point->node);
    if (node == nullptr) return nullptr;
    struct mount_point *point = CONTAINER(node, struct mount_point, node);
    return CONTAINER(list_first(&point->mounts), struct mount, node);
}

// Moves the cursor to `index`, by `next`; a cursor that is past it, or of another generation,
// begins at `first`.
static enum status cursor_move(struct mount_cursor *cursor, struct mount_cursor first,
                               struct mount *(*next)(const struct mount *), uint32_t index)
{
    enum : uint32_t { STEP = 32 };
    if (cursor->generation != first.generation || cursor->index > index) *cursor = first;
    for (uint32_t i = 1; cursor->mount != nullptr && cursor->index < index; i++) {
        cursor->mount = next(cursor->mount);
        cursor->index++;
        if (i % STEP == 0 && lock_should_pass()) return CALL_RESTART;
    }
    return cursor->mount == nullptr ? ERR_NOT_FOUND : OK;
}

enum status namespace_at(struct namespace *name_space, uint32_t index, struct mount **mount)
{
    struct mount_cursor first = {namespace_first(name_space), name_space->generation, 0};
    TRY(cursor_move(&name_space->cursor, first, namespace_next, index));
    *mount = name_space->cursor.mount;
    return OK;
}

struct mount *namespace_by_id(const struct namespace *name_space, uint64_t id)
{
    struct tree_node *node = tree_find(&name_space->mounts, id);
    if (node == nullptr || node->key != id) return nullptr;
    struct mount *mount = CONTAINER(node, struct mount, by_id);
    return mount->point->is_replaced ? nullptr : mount;
}

[[gnu::noinline]] static struct mount_point *root_find(const struct namespace *name_space,
                                                       struct path_scan *prefix)
{
    *prefix = path_begin();
    path_pass(prefix, "/", 1);
    return point_find(name_space, prefix->hash, "/", 1);
}

// The point of the longest prefix of `path`; most prefixes have a size that no point has.
static enum status longest_find(const struct namespace *name_space, const char *path, size_t size,
                                struct resolution *found, struct mount_point **result)
{
    size_t end = size < MOUNT_PATH_MAX + 1 ? size : MOUNT_PATH_MAX + 1;
    struct path_scan scan = found->scan;
    struct mount_point *best = nullptr;
    while (scan.at < end) {
        if (path_pass(&scan, path, end) && name_space->sizes & size_bit(scan.at)) {
            struct mount_point *point = point_find(name_space, scan.hash, path, scan.at);
            if (point != nullptr) found->prefix = scan;
            if (point != nullptr) best = point;
        }
        if (scan.at == end) break;
        if (lock_should_pass()) {
            found->scan = scan;
            return CALL_RESTART;
        }
    }
    if (best == nullptr && found->prefix.at != 0) // of a try before
        best = point_find(name_space, found->prefix.hash, path, found->prefix.at);
    *result = best != nullptr ? best : root_find(name_space, &found->prefix);
    return *result == nullptr ? ERR_NOT_FOUND : OK;
}

enum status namespace_find(struct namespace *name_space, const char *path, size_t size,
                           uint32_t index, struct resolution *found)
{
    if (size == 0 || path[0] != '/') return ERR_BAD_ARGUMENT;
    struct mount_point *best;
    TRY(longest_find(name_space, path, size, found, &best));
    struct mount *first = CONTAINER(list_first(&best->mounts), struct mount, node);
    found->mount = first;
    if (index == 0) return OK;
    struct mount_cursor start = {first, name_space->generation, 0};
    TRY(cursor_move(&best->cursor, start, union_next, index));
    found->mount = best->cursor.mount;
    return OK;
}

enum status namespace_remove(struct namespace *name_space, const char *path, size_t size,
                             uint64_t id)
{
    struct mount *mount = namespace_by_id(name_space, id);
    if (mount == nullptr) return ERR_NOT_FOUND;
    struct mount_point *point = mount->point;
    if (point->path.size != size || memcmp(point->path.at, path, size) != 0) return ERR_NOT_FOUND;
    mount_free(name_space, mount);
    if (is_single(point)) union_mark(point, 0);
    if (list_is_empty(&point->mounts)) point_free(name_space, point);
    name_space->generation++;
    return OK;
}
