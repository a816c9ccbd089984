// SPDX-License-Identifier: MIT
// The system calls on namespaces.
#include "kernel/memory/progress.h"
#include "kernel/memory/user.h"
#include "kernel/object/channel.h"
#include "kernel/object/handle.h"
#include "kernel/object/image.h"
#include "kernel/object/namespace.h"
#include "kernel/object/process.h"
#include "kernel/schedule/lock.h"
#include "kernel/syscall.h"
#include <kernel/syscalls.h>

static enum status give(struct namespace *name_space, fe_handle *handle)
{
    TRY(handle_reserve(process_current(), 1));
    *handle = handle_insert(process_current(), &name_space->object, RIGHT_ALL);
    return OK;
}

enum status sys_namespace_create(fe_handle *handle)
{
    TRY(handle_reserve(process_current(), 1));
    struct namespace *name_space;
    TRY(namespace_create(process_current(), &name_space));
    enum status status = give(name_space, handle);
    object_put(&name_space->object);
    return status;
}

static enum status copy_mount(struct namespace *to, const struct mount_point *point,
                              const struct mount *mount)
{
    struct mount_plan plan = {
        .path = point->path.at,
        .path_size = point->path.size,
        .start = mount->start.at,
        .start_size = mount->start.size,
        .session = mount->session,
        .rights = mount->rights,
        .flags = mount->flags | MOUNT_AFTER,
    };
    uint64_t id;
    return namespace_add(to, &plan, &id);
}

static enum status copy_point(struct namespace *to, const struct mount_point *point)
{
    for (struct list_node *node = point->mounts.head.next; node != &point->mounts.head;
         node = node->next) {
        TRY(copy_mount(to, point, CONTAINER(node, struct mount, node)));
    }
    return OK;
}

// Points are copied in the order of their hashes; `position` is the hash to go on from. A source
// that changed meanwhile is copied from its start again.
static enum status clone_steps(const struct namespace *from, struct progress *progress)
{
    struct namespace *to = (struct namespace *)progress->object;
    struct tree_node *node = tree_find(&from->points, progress->position);
    for (; node != nullptr; node = tree_next(node)) {
        if (lock_should_pass() && progress->position != node->key) {
            progress->position = node->key;
            return CALL_RESTART;
        }
        TRY(copy_point(to, CONTAINER(node, struct mount_point, node)));
    }
    return OK;
}

enum status sys_namespace_clone(struct namespace *name_space, fe_handle *handle)
{
    const uint64_t arguments[3] = {name_space->object.id, name_space->generation};
    TRY(handle_reserve(process_current(), 1));
    struct progress *progress = progress_get((const void *)sys_namespace_clone, arguments, 0);
    if (progress->object == nullptr) {
        struct namespace *made;
        TRY(namespace_create(process_current(), &made));
        progress->object = &made->object;
    }
    enum status status = clone_steps(name_space, progress);
    if (status == CALL_RESTART) return status;
    if (status == OK) status = give((struct namespace *)progress->object, handle);
    progress_end(progress);
    return status;
}

static enum status read_path(struct user_buffer text, char path[static MOUNT_PATH_MAX])
{
    if (text.size > MOUNT_PATH_MAX) return ERR_TOO_LARGE;
    return user_read(path, text.address, text.size);
}

enum status sys_namespace_mount(struct namespace *name_space, struct user_buffer path,
                                struct user_buffer start, fe_handle session, uint32_t flags,
                                uint64_t *mount)
{
    struct handle_entry entry;
    char path_text[MOUNT_PATH_MAX], start_text[MOUNT_PATH_MAX];
    TRY(handle_find_any(session, RIGHT_DUPLICATE | RIGHT_TRANSFER, &entry));
    if (entry.object->type != OBJECT_SESSION) return ERR_WRONG_TYPE;
    TRY(read_path(path, path_text));
    TRY(read_path(start, start_text));
    struct mount_plan plan = {
        .path = path_text,
        .path_size = path.size,
        .start = start_text,
        .start_size = start.size,
        .session = (struct session *)entry.object,
        .rights = entry.rights,
        .flags = flags,
    };
    return namespace_add(name_space, &plan, mount);
}

enum status sys_namespace_unmount(struct namespace *name_space, struct user_buffer path,
                                  uint64_t mount)
{
    char text[MOUNT_PATH_MAX];
    TRY(read_path(path, text));
    return namespace_remove(name_space, text, path.size, mount);
}

enum status sys_namespace_resolve(struct namespace *name_space, struct user_buffer path,
                                  uint32_t index, uint64_t *mount, size_t *length, uint32_t *flags)
{
    char text[MOUNT_PATH_MAX + 1]; // one more, to see where its last component ends
    size_t size = path.size < sizeof text ? path.size : sizeof text;
    TRY(user_read(text, path.address, size));
    struct resolution found;
    TRY(namespace_find(name_space, text, size, index, &found));
    *mount = found.mount->id;
    *length = found.prefix;
    *flags = found.mount->flags;
    return OK;
}

// Mounts are few and found by walking all.
static struct mount *mount_by_id(const struct namespace *name_space, uint64_t id,
                                 struct mount_point **at_point)
{
    for (struct tree_node *at = name_space->points.first; at != nullptr; at = tree_next(at)) {
        struct mount_point *point = CONTAINER(at, struct mount_point, node);
        for (struct list_node *node = point->mounts.head.next; node != &point->mounts.head;
             node = node->next) {
            struct mount *mount = CONTAINER(node, struct mount, node);
            *at_point = point;
            if (mount->id == id) return mount;
        }
    }
    return nullptr;
}

enum status sys_namespace_session(struct namespace *name_space, uint64_t id,
                                  struct user_buffer start, fe_handle *session, size_t *length)
{
    struct mount_point *point;
    const struct mount *mount = mount_by_id(name_space, id, &point);
    if (mount == nullptr) return ERR_NOT_FOUND;
    const struct image *image = process_current()->image;
    if (image != nullptr && !image_may_name(image, point->path.at, point->path.size))
        return ERR_NOT_ENTITLED;
    if (start.size < mount->start.size) return ERR_TOO_LARGE;
    TRY(handle_reserve(process_current(), 1));
    TRY(user_write(start.address, mount->start.at, mount->start.size));
    *length = mount->start.size;
    *session = handle_insert(process_current(), &mount->session->object, mount->rights);
    return OK;
}

enum status sys_namespace_list(struct namespace *name_space, uint32_t index,
                               struct user_buffer path, uint64_t *mount, size_t *length,
                               uint32_t *flags)
{
    for (struct tree_node *at = name_space->points.first; at != nullptr; at = tree_next(at)) {
        struct mount_point *point = CONTAINER(at, struct mount_point, node);
        for (struct list_node *node = point->mounts.head.next; node != &point->mounts.head;
             node = node->next) {
            if (index-- > 0) continue;
            const struct mount *found = CONTAINER(node, struct mount, node);
            if (path.size < point->path.size) return ERR_TOO_LARGE;
            TRY(user_write(path.address, point->path.at, point->path.size));
            *mount = found->id;
            *length = point->path.size;
            *flags = found->flags;
            return OK;
        }
    }
    return ERR_NOT_FOUND;
}
