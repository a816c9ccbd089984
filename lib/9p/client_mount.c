// SPDX-License-Identifier: MIT
// Changing a namespace: bind, mount, unmount. What is bound is attached once more, from the folder
// on, so that the session in the table has that folder as its root.
#include "client_internal.h"
#include <9p/mount.h>
#include <ferrite/namespace.h>
#include <ferrite/status.h>

void p9_parts_free(struct p9_parts *parts)
{
    for (size_t i = 0; i < parts->count; i++) {
        fe_handle_drop(&parts->part[i].session);
        free(parts->part[i].suffix);
        free(parts->part[i].source);
        free(parts->part[i].origin);
    }
    free(parts->part);
    *parts = (struct p9_parts){};
}

static int parts_add(struct p9_parts *parts, const struct p9_part *part)
{
    struct p9_part *more = realloc(parts->part, (parts->count + 1) * sizeof *more);
    if (more != nullptr) parts->part = more;
    if (more != nullptr && part->suffix && part->source && part->origin) {
        parts->part[parts->count++] = *part;
        return 0;
    }
    fe_handle session = part->session;
    fe_handle_drop(&session);
    free(part->suffix);
    free(part->source);
    free(part->origin);
    return -ENOMEM;
}

// --- What is there ---

// Of what is `size` bytes below a mount; "": not known.
static char *origin_below(uint64_t mount, const char *relative, size_t size)
{
    struct mount_record record;
    char origin[FE_PATH_MAX];
    if (mount_record_read(client_namespace(), mount, &record) != OK) return strdup("");
    size_t above = strlen(record.origin);
    bool has_slash = above != 0 && size != 0;
    if (above == 0 || above + has_slash + size >= sizeof origin) return strdup("");
    memcpy(origin, record.origin, above);
    if (has_slash) origin[above] = '/';
    memcpy(origin + above + has_slash, relative, size);
    return strndup(origin, above + has_slash + size);
}

// One part of a path, attached from there on.
static int part_attach(const struct target *target, const char *path, struct p9_parts *parts)
{
    bool is_union = target->is_root && (target->flags & MOUNT_UNION) != 0;
    struct p9_part part = {.flags = is_union ? target->flags & MOUNT_CREATE : 0};
    int result =
        session_attach(target->session->handle, target->relative, target->size, &part.session);
    if (result != 0) return is_gone(result) ? -EIO : result;
    part.suffix = strdup("");
    part.source = strdup(path);
    part.origin = origin_below(target->mount, target->relative, target->size);
    return parts_add(parts, &part);
}

// The part that `path` leads to, or all of a union that it names.
static int find_own(const char *text, struct p9_parts *parts)
{
    struct path path;
    struct target target;
    char buffer[FE_PATH_MAX];
    uint32_t index;
    int result = path_init(&path, buffer, text);
    if (result == 0) result = target_find(&path, &target, &index);
    for (index = 0; result == 0; index++) {
        bool has_more = target.is_root && (target.flags & MOUNT_UNION) != 0;
        result = part_attach(&target, text, parts);
        session_done(target.session);
        if (result != 0 || !has_more) return result;
        result = path_target(&path, index + 1, &target);
    }
    return result == -ENOENT && parts->count != 0 ? 0 : result;
}

// What lies in `path`, below it: the rest of the path, which begins with a slash. nullptr: not.
static const char *below(const char *path, const char *folder)
{
    size_t size = strcmp(folder, "/") == 0 ? 0 : strlen(folder);
    return strncmp(path, folder, size) == 0 && path[size] == '/' && path[size + 1] != '\0'
               ? path + size
               : nullptr;
}

static bool has_suffix(const struct p9_parts *parts, const char *suffix)
{
    for (size_t i = 0; i < parts->count; i++) {
        if (strcmp(parts->part[i].suffix, suffix) == 0) return true;
    }
    return false;
}

// Of a union that is mounted below, the first one that still has a server is the first.
static int find_below(const char *path, struct p9_parts *parts)
{
    struct p9_mounts mounts;
    int result = p9_mounts_read(client_namespace(), &mounts);
    for (size_t i = 0; i < mounts.count && result == 0; i++) {
        const struct p9_mount_entry *entry = &mounts.entry[i];
        const char *suffix = below(entry->path, path);
        if (suffix == nullptr) continue;
        char start[FE_PATH_MAX];
        size_t size;
        FE_HANDLE connector = FE_NO_HANDLE;
        uint32_t flags = mount_flags(&mounts, i);
        if (!has_suffix(parts, suffix)) flags &= MOUNT_CREATE;
        struct p9_part part = {.flags = flags};
        if (fe_namespace_session(client_namespace(), entry->mount, start, sizeof start, &connector,
                                 &size) != OK) {
            continue; // gone meanwhile, or not for this image
        }
        if (session_attach(connector, start, strnlen(start, size), &part.session) != 0)
            continue; // its server is gone, and does not come along
        part.suffix = strdup(suffix);
        part.source = strdup(entry->path);
        part.origin = strdup(entry->origin);
        result = parts_add(parts, &part);
    }
    p9_mounts_free(&mounts);
    return result;
}

int p9_parts_find(const char *name, struct p9_parts *parts)
{
    char path[FE_PATH_MAX];
    struct fe_9p_attributes attributes;
    *parts = (struct p9_parts){.table = client_namespace()};
    int result = p9_real_path(name, path);
    if (result == 0) result = p9_stat(path, 0, &attributes);
    if (result == 0) result = find_own(path, parts);
    if (result == 0) result = find_below(path, parts);
    if (result != 0) p9_parts_free(parts);
    parts->is_directory = result == 0 && (attributes.qid_kind & QID_DIRECTORY) != 0;
    return result;
}

// --- Mounting it ---

static bool has_mount_at(const char *path)
{
    uint64_t mount;
    size_t length;
    return fe_namespace_find(client_namespace(), path, 0, &mount, &length) == OK &&
           length == strlen(path);
}

static int clean_path(const char *name, char *path)
{
    enum status status = fe_path_resolve("/", name, path, FE_PATH_MAX, nullptr);
    return status == OK ? 0 : -fe_status_errno(status);
}

// The path by which the table is looked up: links followed, where there is such a path. A mount
// whose server does not say what it is may be replaced by anything.
static int place_path(const char *name, char *path, bool *exists, bool *is_directory)
{
    struct fe_9p_attributes attributes = {};
    int result = p9_real_path(name, path);
    if (result == 0) result = p9_stat(path, 0, &attributes);
    *exists = result == 0;
    *is_directory = (attributes.qid_kind & QID_DIRECTORY) != 0;
    if (result == 0) return 0;
    int clean = clean_path(name, path);
    bool is_free = result == -ENOENT || result == -EROFS || (clean == 0 && has_mount_at(path));
    return is_free ? clean : result;
}

// The same for what is to go: the table's own name is enough, so that the mount of a server that is
// gone, or does not answer, can be taken away.
static int mounted_path(const char *name, char *path)
{
    bool exists, is_directory;
    int result = clean_path(name, path);
    return result != 0 || has_mount_at(path) ? result
                                             : place_path(name, path, &exists, &is_directory);
}

static int add(const char *path, const struct p9_part *part, bool is_outside, uint32_t flags)
{
    char record[MOUNT_RECORD_MAX];
    uint64_t mount;
    size_t size = mount_record_write(record, part, is_outside);
    if (size == 0) return -ENAMETOOLONG;
    enum status status = fe_namespace_mount(client_namespace(), path, strlen(path), record, size,
                                            part->session, flags, &mount);
    if (status == ERR_NO_RIGHT) return -EPERM;
    return status == OK ? 0 : -fe_status_errno(status);
}

// A folder that is united with another one is a part itself.
static int add_itself(const char *path)
{
    struct p9_parts own = {};
    int result = find_own(path, &own);
    if (result == 0) result = add(path, &own.part[0], false, MOUNT_REPLACE);
    p9_parts_free(&own);
    return result;
}

// The parts of the folder itself, in its order, to a place that is left or right of what is there.
static int mount_own(const struct p9_parts *parts, const char *path, uint32_t flags)
{
    uint32_t order = flags & (MOUNT_BEFORE | MOUNT_AFTER), more = flags & MOUNT_CREATE;
    bool is_outside = parts->table != client_namespace();
    size_t count = 0;
    while (count < parts->count && parts->part[count].suffix[0] == '\0') count++;
    for (size_t i = 0; i < count; i++) {
        const struct p9_part *part = &parts->part[order == MOUNT_BEFORE ? count - 1 - i : i];
        uint32_t how = order == MOUNT_REPLACE && i != 0 ? (uint32_t)MOUNT_AFTER : order;
        int result = add(path, part, is_outside, how | more | part->flags);
        if (result != 0) return result;
    }
    return 0;
}

// One, or all of a union.
static int mount_suffix(const struct p9_parts *parts, const char *suffix, const char *place)
{
    bool is_outside = parts->table != client_namespace();
    int result = 0;
    for (size_t i = 0; i < parts->count && result == 0; i++) {
        const struct p9_part *part = &parts->part[i];
        if (strcmp(part->suffix, suffix) == 0) result = add(place, part, is_outside, part->flags);
    }
    return result;
}

// What was mounted below comes along; after what is there only where there is nothing of that name.
static int mount_below(const struct p9_parts *parts, const char *path, uint32_t flags)
{
    char place[FE_PATH_MAX];
    const char *folder = strcmp(path, "/") == 0 ? "" : path;
    bool is_outside = parts->table != client_namespace();
    for (size_t i = 0; i < parts->count; i++) {
        const struct p9_part *part = &parts->part[i];
        struct fe_9p_attributes attributes;
        size_t size = strlen(folder), rest = strlen(part->suffix);
        if (rest == 0 || (part->flags & (MOUNT_BEFORE | MOUNT_AFTER)) != 0) continue;
        if (size + rest >= sizeof place) return -ENAMETOOLONG;
        memcpy(place, folder, size);
        memcpy(place + size, part->suffix, rest + 1);
        uint32_t order = flags & (MOUNT_BEFORE | MOUNT_AFTER);
        if (!is_outside && strcmp(place, part->source) == 0) continue; // onto itself
        if (order == MOUNT_AFTER && p9_stat(place, 0, &attributes) == 0) continue;
        int result = mount_suffix(parts, part->suffix, place);
        if (result != 0) return result;
    }
    return 0;
}

int p9_parts_mount(const struct p9_parts *parts, const char *name, uint32_t flags)
{
    char path[FE_PATH_MAX];
    bool exists, is_directory;
    uint32_t order = flags & (MOUNT_BEFORE | MOUNT_AFTER);
    int result = place_path(name, path, &exists, &is_directory);
    if (result != 0) return result;
    if (exists && is_directory != parts->is_directory) return is_directory ? -EISDIR : -ENOTDIR;
    if (order != MOUNT_REPLACE && !parts->is_directory) return -ENOTDIR;
    if (order != MOUNT_REPLACE && exists && !has_mount_at(path)) result = add_itself(path);
    if (result == 0) result = mount_own(parts, path, flags);
    return result == 0 ? mount_below(parts, path, flags) : result;
}

int p9_bind(const char *old, const char *new_path, uint32_t flags)
{
    struct p9_parts parts;
    int result = p9_parts_find(old, &parts);
    if (result == 0) result = p9_parts_mount(&parts, new_path, flags);
    p9_parts_free(&parts);
    return result;
}

int p9_parts_attach(fe_handle connector, const char *start, const char *source,
                    struct p9_parts *parts)
{
    struct p9_file *root;
    struct fe_9p_attributes attributes;
    *parts = (struct p9_parts){.table = client_namespace()};
    int result = p9_attach(connector, start, &root);
    if (result != 0) return result;
    struct p9_part part = {
        .suffix = strdup(""), .source = strdup(source), .origin = strdup(source)};
    result = p9_file_stat(root, &attributes);
    parts->is_directory = result == 0 && (attributes.mode & MODE_TYPE) == MODE_DIRECTORY;
    if (result == 0 && fe_handle_copy(p9_session_handle(root->session), &part.session) != OK)
        result = -ENOMEM;
    p9_close(root);
    int added = parts_add(parts, &part);
    if (result == 0) result = added;
    if (result != 0) p9_parts_free(parts);
    return result;
}

int p9_mount(fe_handle connector, const char *source, const char *path, uint32_t flags)
{
    struct p9_parts parts;
    int result = p9_parts_attach(connector, "", source, &parts);
    if (result == 0) result = p9_parts_mount(&parts, path, flags);
    p9_parts_free(&parts);
    return result;
}

// --- Taking it away ---

static int take(const struct p9_mount_entry *entry)
{
    enum status status =
        fe_namespace_unmount(client_namespace(), entry->path, strlen(entry->path), entry->mount);
    if (status == ERR_NO_RIGHT) return -EPERM;
    return status == OK || status == ERR_NOT_FOUND ? 0 : -fe_status_errno(status);
}

// What came along with a mount that goes: below both names by the same rest.
static int take_below(const struct p9_mounts *mounts, const struct p9_mount_entry *gone)
{
    int result = 0;
    for (size_t i = 0; i < mounts->count && result == 0; i++) {
        const struct p9_mount_entry *entry = &mounts->entry[i];
        const char *place = below(entry->path, gone->path);
        const char *from = gone->source[0] == '\0' ? nullptr : below(entry->source, gone->source);
        if (place != nullptr && from != nullptr && strcmp(place, from) == 0) result = take(entry);
    }
    return result;
}

// A folder that is left alone at its own path need not be in the table.
static int take_itself(const char *path)
{
    struct p9_mounts mounts;
    const struct p9_mount_entry *left = nullptr;
    size_t count = 0;
    int result = p9_mounts_read(client_namespace(), &mounts);
    for (size_t i = 0; i < mounts.count; i++) {
        if (strcmp(mounts.entry[i].path, path) != 0) continue;
        left = &mounts.entry[i];
        count++;
    }
    if (count == 1 && strcmp(left->source, path) == 0) result = take(left);
    p9_mounts_free(&mounts);
    return result;
}

int p9_unmount(const char *source, const char *name)
{
    char path[FE_PATH_MAX], from[FE_PATH_MAX] = "";
    struct p9_mounts mounts;
    size_t count = 0;
    int result = mounted_path(name, path);
    if (result == 0 && source != nullptr) result = mounted_path(source, from);
    if (result == 0) result = p9_mounts_read(client_namespace(), &mounts);
    if (result != 0) return result;
    for (size_t i = 0; i < mounts.count && result == 0; i++) {
        const struct p9_mount_entry *entry = &mounts.entry[i];
        if (strcmp(entry->path, path) != 0) continue;
        if (source != nullptr && strcmp(entry->source, from) != 0) continue;
        count++;
        result = take(entry);
        if (result == 0) result = take_below(&mounts, entry);
    }
    p9_mounts_free(&mounts);
    if (result != 0) return result;
    return count == 0 ? -EINVAL : take_itself(path);
}
