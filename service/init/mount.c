// SPDX-License-Identifier: MIT
// Mounts: what is where in init's namespace, which every service shares. A service that is started
// again serves the channel of the one before, and its connectors, wherever they are mounted
// (keep.c). One whose channel was lost mounts at the same places; until then its dead mounts stay,
// so that clients find "peer closed" and wait instead of "not found".
#include "init.h"

#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/libc.h>
#include <ferrite/log.h>
#include <ferrite/namespace.h>

struct mounted *mounts;

bool mount_exists(const char *path)
{
    size_t size = strlen(path);
    const struct mounted *m = mounts;
    while (m && (m->path_size != size || memcmp(m->path, path, size) != 0)) m = m->next;
    return m != nullptr;
}

static struct mounted *mount_find(const struct unit *unit, const char *path)
{
    for (struct mounted *m = mounts; m; m = m->next) {
        if (m->unit == unit && strcmp(m->path, path) == 0) return m;
    }
    return nullptr;
}

static struct mounted *mount_record(struct unit *unit, const char *path)
{
    struct mounted *fresh = calloc(1, sizeof *fresh);
    size_t size = strlen(path);
    char *copy = malloc(size + 1);
    if (fresh == nullptr || copy == nullptr) {
        free(fresh);
        free(copy);
        return nullptr;
    }
    memcpy(copy, path, size + 1);
    fresh->unit = unit;
    fresh->path = copy;
    fresh->path_size = size;
    struct mounted **end = &mounts;
    while (*end) end = &(*end)->next;
    *end = fresh;
    return fresh;
}

// The name below /srv is kept with both mounts as that by which they were made (9p/mount.h).
enum status mount_place(fe_handle name_space, const struct placing *placing, uint64_t *mount)
{
    char start[96] = "";
    uint64_t other;
    char *source = start + 1;
    size_t size = fe_format(source, sizeof start - 1, "/srv/%s", placing->name) + 1;
    TRY(fe_namespace_mount(name_space, placing->path, strlen(placing->path), start, size,
                           placing->connector, placing->flags, mount));
    if (strcmp(source, placing->path) == 0) return OK;
    return fe_namespace_mount(name_space, source, size - 1, start, size, placing->connector,
                              MOUNT_REPLACE, &other);
}

static void take_all(fe_handle name_space, const char *path, size_t size)
{
    uint64_t mount;
    size_t length;
    while (fe_namespace_find(name_space, path, 0, &mount, &length) == OK && length == size) {
        if (fe_namespace_unmount(name_space, path, size, mount) == OK) continue;
        say("%s: stays mounted", path);
        return;
    }
}

void mount_displace(fe_handle name_space, const char *path, const char *name)
{
    char other[80];
    size_t size = fe_format(other, sizeof other, "/srv/%s", name);
    take_all(name_space, path, strlen(path));
    take_all(name_space, other, size);
}

enum status mount_remove(const struct unit *unit, const char *path)
{
    struct mounted *gone = mount_find(unit, path);
    if (gone == nullptr) return ERR_NOT_FOUND;
    struct mounted **at = &mounts;
    while (*at != gone) at = &(*at)->next;
    *at = gone->next;
    mount_displace(fe_namespace_self(), gone->path, gone->name);
    user_unmount(gone);
    view_unmount(gone);
    fe_handle_drop(&gone->connector);
    free(gone->path);
    free(gone);
    return OK;
}

enum status mount_add(struct unit *unit, const struct placing *placing)
{
    uint64_t mount;
    const char *path = placing->path;
    fe_handle connector = placing->connector;
    struct mounted *old = mount_find(unit, path);
    if (old && old->keep != 0 && old->keep == placing->keep) {
        fe_handle_drop(&connector);
        return OK;
    }
    if (old && old->flags != MOUNT_REPLACE) {
        TRY(fe_namespace_unmount(fe_namespace_self(), path, strlen(path), old->mount));
    }
    enum status status = mount_place(fe_namespace_self(), placing, &mount);
    struct mounted *record = old;
    if (status == OK && record == nullptr) record = mount_record(unit, path);
    if (status != OK || record == nullptr) {
        fe_handle_drop(&connector);
        return status != OK ? status : ERR_NO_MEMORY;
    }
    fe_handle_drop(&record->connector);
    record->connector = connector;
    record->mount = mount;
    record->flags = placing->flags;
    record->keep = placing->keep;
    strncpy(record->name, placing->name, sizeof record->name - 1);
    user_mount(record);
    view_mount(record);
    work_soon();
    return OK;
}
