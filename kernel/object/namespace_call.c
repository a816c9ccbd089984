// SPDX-License-Identifier: MIT
// The system calls on namespaces.
#include "kernel/memory/progress.h"
#include "kernel/memory/user.h"
#include "kernel/object/channel.h"
#include "kernel/object/handle.h"
#include "kernel/object/image.h"
#include "kernel/object/memory.h"
#include "kernel/object/namespace.h"
#include "kernel/object/process.h"
#include "kernel/object/thread.h"
#include "kernel/schedule/lock.h"
#include "kernel/syscall.h"
#include <kernel/syscalls.h>

static enum status give(struct namespace *name_space, fe_handle *handle)
{
    TRY(handle_reserve(process_current(), 1));
    *handle = handle_insert(process_current(), &name_space->object, RIGHT_ALL);
    return OK;
}

// To be looked at: nothing can be taken out of the table.
enum status sys_process_namespace(struct process *process, fe_handle *handle)
{
    if (process->name_space == nullptr) return ERR_NOT_FOUND;
    TRY(handle_reserve(process_current(), 1));
    *handle = handle_insert(process_current(), &process->name_space->object,
                            RIGHT_INSPECT | RIGHT_DUPLICATE | RIGHT_TRANSFER);
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
        .hash = point->node.key,
        .id = mount->by_id.key,
        .session = mount->session,
        .rights = mount->rights,
        .flags = (mount->flags & MOUNT_CREATE) | MOUNT_AFTER,
    };
    uint64_t id;
    return namespace_add(to, &plan, &id);
}

// Mounts are copied in the order of listing; a source that changed meanwhile, from its start again.
static enum status clone_steps(struct namespace *to)
{
    enum status status = OK;
    while (status == OK && to->copying != nullptr) {
        status = copy_mount(to, to->copying->point, to->copying);
        if (status == OK) to->copying = namespace_next(to->copying);
        status = progress_go_on(status);
    }
    return status;
}

enum status sys_namespace_clone(struct namespace *name_space, fe_handle *handle)
{
    const uint64_t arguments[3] = {name_space->object.id, name_space->generation};
    TRY(handle_reserve(process_current(), 1));
    struct progress *progress = progress_get((const void *)sys_namespace_clone, arguments, 0);
    if (progress->object == nullptr) {
        struct namespace *made;
        TRY(namespace_create(process_current(), &made));
        made->copying = namespace_first(name_space);
        progress->object = &made->object;
    }
    enum status status = clone_steps((struct namespace *)progress->object);
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

struct mount_text {
    char path[MOUNT_PATH_MAX], start[MOUNT_PATH_MAX];
};

static enum status text_read(struct mount_text *text, struct user_buffer path,
                             struct user_buffer start)
{
    TRY(read_path(path, text->path));
    return read_path(start, text->start);
}

// A long path is gone through with looks for interrupts, and the kernel's copy kept meanwhile: what
// was checked stays so. There is one as soon as the position says so; room for it may be there
// before.
static enum status text_keep(const struct mount_text *text, struct progress *progress)
{
    if (progress->object == nullptr) {
        struct memory *memory;
        TRY(memory_make(process_current(), sizeof *text, &memory));
        progress->object = &memory->object;
        if (lock_should_pass()) return CALL_RESTART;
    }
    TRY(memory_store((struct memory *)progress->object, 0, text, sizeof *text));
    const struct path_scan begin = path_begin();
    progress->position = path_pack(&begin);
    return OK;
}

// Both texts, and how far the path is checked. Without progress nothing is kept.
static enum status text_find(struct mount_text *text, struct user_buffer path,
                             struct user_buffer start, struct path_scan *scan,
                             struct progress *progress)
{
    *scan = path_begin();
    if (progress != nullptr && progress->position != 0) {
        *scan = path_unpack(progress->position);
        return memory_load((struct memory *)progress->object, 0, text, sizeof *text);
    }
    TRY(text_read(text, path, start));
    return progress == nullptr ? OK : text_keep(text, progress);
}

// A short path is not kept: it is checked again after what waits now, and then the call goes on.
static bool stops_once(struct progress *progress)
{
    if (progress->position != 0 || !progress_should_stop()) return false;
    progress->position = 1;
    return true;
}

enum status sys_namespace_mount(struct namespace *name_space, struct user_buffer path,
                                struct user_buffer start, fe_handle session, uint32_t flags,
                                uint64_t *mount)
{
    struct handle_entry entry;
    struct mount_text text;
    struct path_scan scan;
    const uint64_t arguments[3] = {name_space->object.id, path.address,
                                   (uint64_t)path.size << 32 | (uint32_t)start.size};
    TRY(handle_find_any(session, RIGHT_DUPLICATE | RIGHT_TRANSFER, &entry));
    if (entry.object->type != OBJECT_SESSION) return ERR_WRONG_TYPE;
    bool is_long = path.size > PATH_SHORT;
    struct progress *progress = progress_get((const void *)sys_namespace_mount, arguments, 0);
    TRY(text_find(&text, path, start, &scan, is_long ? progress : nullptr));
    enum status status = path_check(&scan, text.path, path.size);
    if (status == OK && !is_long && stops_once(progress)) return CALL_RESTART;
    if (status == CALL_RESTART) {
        progress->position = path_pack(&scan);
        return status;
    }
    struct mount_plan plan = {
        .path = text.path,
        .path_size = path.size,
        .start = text.start,
        .start_size = start.size,
        .hash = scan.hash,
        .session = (struct session *)entry.object,
        .rights = entry.rights,
        .flags = flags,
    };
    if (status == OK) status = namespace_add(name_space, &plan, mount);
    progress_end(progress);
    return status;
}

enum status sys_namespace_unmount(struct namespace *name_space, struct user_buffer path,
                                  uint64_t mount)
{
    char text[MOUNT_PATH_MAX];
    TRY(read_path(path, text));
    return namespace_remove(name_space, text, path.size, mount);
}

// Of a resolution that was stopped, for as long as the namespace is as it was.
[[gnu::noinline]] static struct progress *resolution(const struct namespace *name_space,
                                                     uintptr_t path)
{
    const uint64_t arguments[3] = {name_space->object.id, name_space->generation, path};
    return progress_get((const void *)sys_namespace_resolve, arguments, 0);
}

[[gnu::noinline]] static void resolution_resume(const struct progress *progress,
                                                struct resolution *found)
{
    if (progress->position == 0) return;
    found->scan = path_unpack(progress->position);
    found->prefix = path_unpack(progress->more);
}

[[gnu::noinline]] static enum status resolution_stop(struct progress *progress,
                                                     const struct resolution *found)
{
    progress->position = path_pack(&found->scan);
    progress->more = path_pack(&found->prefix);
    return CALL_RESTART;
}

enum status sys_namespace_resolve(struct namespace *name_space, struct user_buffer path,
                                  uint32_t index, uint64_t *mount, size_t *length, uint32_t *flags)
{
    char text[MOUNT_PATH_MAX + 1]; // one more, to see where its last component ends
    size_t size = path.size < sizeof text ? path.size : sizeof text;
    struct resolution found;
    found.scan = path_begin();
    found.prefix = (struct path_scan){}; // kept, too, when this is interrupted before there is one
    if (!progress_is_idle()) resolution_resume(resolution(name_space, path.address), &found);
    TRY(user_read(text, path.address, size));
    enum status status = namespace_find(name_space, text, size, index, &found);
    if (status == CALL_RESTART)
        return resolution_stop(resolution(name_space, path.address), &found);
    if (status != OK) return status;
    *mount = found.mount->by_id.key;
    *length = found.prefix.at;
    *flags = found.mount->flags;
    if (!progress_is_idle()) progress_end(&thread_current()->progress);
    return OK;
}

enum status sys_namespace_session(struct namespace *name_space, uint64_t id,
                                  struct user_buffer start, fe_handle *session, size_t *length)
{
    const struct mount *mount = namespace_by_id(name_space, id);
    if (mount == nullptr) return ERR_NOT_FOUND;
    const struct mount_point *point = mount->point;
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

enum status sys_namespace_start(struct namespace *name_space, uint64_t id, struct user_buffer start,
                                size_t *length)
{
    const struct mount *mount = namespace_by_id(name_space, id);
    if (mount == nullptr) return ERR_NOT_FOUND;
    if (start.size < mount->start.size) return ERR_TOO_LARGE;
    TRY(user_write(start.address, mount->start.at, mount->start.size));
    *length = mount->start.size;
    return OK;
}

enum status sys_namespace_list(struct namespace *name_space, uint32_t index,
                               struct user_buffer path, uint64_t *mount, size_t *length,
                               uint32_t *flags)
{
    struct mount *found;
    TRY(namespace_at(name_space, index, &found));
    const struct text *text = &found->point->path;
    if (path.size < text->size) return ERR_TOO_LARGE;
    TRY(user_write(path.address, text->at, text->size));
    *mount = found->by_id.key;
    *length = text->size;
    *flags = found->flags;
    return OK;
}
