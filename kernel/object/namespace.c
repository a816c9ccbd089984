// SPDX-License-Identifier: MIT
// The table of a namespace: mount points in a tree by the hash of their path, so a resolution
// hashes the path once, component by component, and looks each prefix up.
#include "kernel/object/namespace.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/object/channel.h"
#include "kernel/object/quota.h"
#include "kernel/string.h"

static struct slab point_slab, mount_slab, text_slab;

void namespace_init_all(void)
{
    slab_init(&point_slab, "mount point", sizeof(struct mount_point));
    slab_init(&mount_slab, "mount", sizeof(struct mount));
    slab_init(&text_slab, "mount path", MOUNT_PATH_MAX);
}

// Charged memory from one of the three slabs.
static enum status allocate(struct process *owner, struct slab *slab, size_t size, void *result)
{
    TRY(process_charge(owner, size));
    void *made = slab_allocate(slab);
    if (made == nullptr)
        process_uncharge(owner, size);
    else
        *(void **)result = made;
    return made == nullptr ? ERR_NO_MEMORY : OK;
}

static void release(struct process *owner, struct slab *slab, size_t size, void *what)
{
    slab_free(slab, what);
    process_uncharge(owner, size);
}

static enum status text_set(struct process *owner, struct text *text, const char *from, size_t size)
{
    if (size > MOUNT_PATH_MAX) return ERR_TOO_LARGE;
    text->at = text->inside;
    if (size > sizeof text->inside) TRY(allocate(owner, &text_slab, MOUNT_PATH_MAX, &text->at));
    text->size = (uint32_t)size;
    memcpy(text->at, from, size);
    return OK;
}

static void text_clear(struct process *owner, struct text *text)
{
    if (text->at != nullptr && text->at != text->inside) {
        release(owner, &text_slab, MOUNT_PATH_MAX, text->at);
    }
}

// FNV-1a, 64 bits, so that a prefix's hash is a step on the way to the whole's.
enum : uint64_t { HASH_START = 0xcbf2'9ce4'8422'2325u, HASH_PRIME = 0x100'0000'01b3u };

static uint64_t hash_of(const char *path, size_t size)
{
    uint64_t hash = HASH_START;
    for (size_t i = 0; i < size; i++) hash = (hash ^ (uint8_t)path[i]) * HASH_PRIME;
    return hash;
}

static inline uint64_t size_bit(size_t size)
{
    return UINT64_C(1) << size % 64;
}

static struct mount_point *point_find(const struct namespace *name_space, uint64_t hash,
                                      const char *path, size_t size)
{
    struct tree_node *node = tree_find(&name_space->points, hash);
    for (; node != nullptr && node->key == hash; node = tree_next(node)) {
        struct mount_point *point = CONTAINER(node, struct mount_point, node);
        if (point->path.size == size && memcmp(point->path.at, path, size) == 0) return point;
    }
    return nullptr;
}

static void mount_free(struct namespace *name_space, struct mount *mount)
{
    ASSERT(name_space->mount_count > 0);
    struct session *session = mount->session;
    list_remove(&mount->node);
    text_clear(name_space->object.owner, &mount->start);
    release(name_space->object.owner, &mount_slab, sizeof *mount, mount);
    name_space->mount_count--;
    object_put_handle(&session->object);
}

static void point_free(struct namespace *name_space, struct mount_point *point)
{
    ASSERT(list_is_empty(&point->mounts));
    tree_take(&name_space->points, &point->node);
    text_clear(name_space->object.owner, &point->path);
    release(name_space->object.owner, &point_slab, sizeof *point, point);
}

enum : uint32_t { FREE_STEP = 8 }; // mounts per bounded step

static bool namespace_reap(struct reap *reap)
{
    struct namespace *name_space = CONTAINER(reap, struct namespace, reap);
    for (uint32_t step = 0; step < FREE_STEP; step++) {
        struct tree_node *root = name_space->points.root;
        if (root == nullptr) {
            ASSERT(name_space->mount_count == 0);
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

static void namespace_destroy(struct object *object)
{
    struct namespace *name_space = (struct namespace *)object;
    if (!namespace_reap(&name_space->reap)) reap_add(&name_space->reap);
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
    reap_init(&(*result)->reap, namespace_reap);
    return OK;
}

static bool is_component(const char *path, size_t size)
{
    if (size == 0) return false;
    for (size_t i = 0; i < size; i++) {
        if (path[i] == '\0') return false;
    }
    if (path[0] != '.') return true;
    return size > 2 || (size == 2 && path[1] != '.');
}

// Absolute, no empty component, none that means another, no slash at the end.
static bool is_clean(const char *path, size_t size)
{
    if (size == 0 || path[0] != '/') return false;
    if (size == 1) return true;
    for (size_t at = 1, end; at <= size; at = end + 1) {
        for (end = at; end < size && path[end] != '/';) end++;
        if (!is_component(path + at, end - at)) return false;
    }
    return true;
}

static enum status point_make(struct namespace *name_space, const char *path, size_t size,
                              struct mount_point **result)
{
    struct process *owner = name_space->object.owner;
    uint64_t hash = hash_of(path, size);
    *result = point_find(name_space, hash, path, size);
    if (*result != nullptr) return OK;
    struct mount_point *point;
    TRY(allocate(owner, &point_slab, sizeof *point, &point));
    enum status status = text_set(owner, &point->path, path, size);
    if (status != OK) {
        release(owner, &point_slab, sizeof *point, point);
        return status;
    }
    list_init(&point->mounts);
    tree_add(&name_space->points, &point->node, hash);
    name_space->sizes |= size_bit(size);
    *result = point;
    return OK;
}

static enum status mount_make(struct namespace *name_space, const struct mount_plan *plan,
                              struct mount **result)
{
    struct process *owner = name_space->object.owner;
    struct mount *mount;
    TRY(allocate(owner, &mount_slab, sizeof *mount, &mount));
    enum status status = text_set(owner, &mount->start, plan->start, plan->start_size);
    if (status != OK) {
        release(owner, &mount_slab, sizeof *mount, mount);
        return status;
    }
    list_node_init(&mount->node);
    mount->session = plan->session;
    mount->rights = plan->rights;
    mount->flags = plan->flags & MOUNT_CREATE;
    mount->id = name_space->next_id++;
    name_space->mount_count++;
    object_get_handle(&plan->session->object);
    *result = mount;
    return OK;
}

enum status namespace_add(struct namespace *name_space, const struct mount_plan *plan, uint64_t *id)
{
    uint32_t order = plan->flags & ~(uint32_t)MOUNT_CREATE;
    if (!is_clean(plan->path, plan->path_size) || order > MOUNT_AFTER) return ERR_BAD_ARGUMENT;
    if (name_space->mount_count >= MOUNTS_MAX) return ERR_QUOTA;
    struct mount *mount;
    TRY(mount_make(name_space, plan, &mount));
    struct mount_point *point;
    enum status status = point_make(name_space, plan->path, plan->path_size, &point);
    if (status != OK) {
        mount_free(name_space, mount);
        return status;
    }
    while (order == MOUNT_REPLACE && !list_is_empty(&point->mounts)) {
        mount_free(name_space, CONTAINER(list_first(&point->mounts), struct mount, node));
    }
    if (order == MOUNT_AFTER)
        list_append(&point->mounts, &mount->node);
    else
        list_prepend(&point->mounts, &mount->node);
    *id = mount->id;
    name_space->generation++;
    return OK;
}

// The point of the longest prefix of `path`; most prefixes have a size that no point has.
static const struct mount_point *longest_find(const struct namespace *name_space, const char *path,
                                              size_t size, size_t *prefix)
{
    size_t end = size < MOUNT_PATH_MAX + 1 ? size : MOUNT_PATH_MAX + 1, at = 1;
    uint64_t hash = hash_of("/", 1);
    const struct mount_point *best = nullptr;
    while (at < end) {
        do {
            hash = (hash ^ (uint8_t)path[at++]) * HASH_PRIME;
        } while (at < end && path[at] != '/');
        if ((name_space->sizes & size_bit(at)) == 0) continue;
        const struct mount_point *point = point_find(name_space, hash, path, at);
        if (point == nullptr) continue;
        best = point;
        *prefix = at;
    }
    if (best != nullptr) return best;
    *prefix = 1;
    return point_find(name_space, hash_of("/", 1), "/", 1);
}

enum status namespace_find(const struct namespace *name_space, const char *path, size_t size,
                           uint32_t index, struct resolution *found)
{
    if (size == 0 || path[0] != '/') return ERR_BAD_ARGUMENT;
    const struct mount_point *best = longest_find(name_space, path, size, &found->prefix);
    if (best == nullptr) return ERR_NOT_FOUND;
    const struct list_node *node = best->mounts.head.next;
    for (; node != &best->mounts.head && index > 0; index--) node = node->next;
    if (node == &best->mounts.head) return ERR_NOT_FOUND;
    found->mount = CONTAINER(node, struct mount, node);
    return OK;
}

enum status namespace_remove(struct namespace *name_space, const char *path, size_t size,
                             uint64_t id)
{
    struct mount_point *point = point_find(name_space, hash_of(path, size), path, size);
    if (point == nullptr) return ERR_NOT_FOUND;
    for (struct list_node *node = point->mounts.head.next; node != &point->mounts.head;
         node = node->next) {
        struct mount *mount = CONTAINER(node, struct mount, node);
        if (mount->id != id) continue;
        mount_free(name_space, mount);
        if (list_is_empty(&point->mounts)) point_free(name_space, point);
        name_space->generation++;
        return OK;
    }
    return ERR_NOT_FOUND;
}
