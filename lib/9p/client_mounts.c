// SPDX-License-Identifier: MIT
// Reading a namespace: its mounts in the order in which they came, for another user, and as
// commands that make it anew: each mount goes before or after those of its path that came earlier,
// as it did then.
#include "client_internal.h"
#include "text.h"
#include <9p/mount.h>
#include <ferrite/namespace.h>
#include <ferrite/status.h>

void p9_mounts_free(struct p9_mounts *mounts)
{
    for (size_t i = 0; i < mounts->count; i++) {
        free(mounts->entry[i].path);
        free(mounts->entry[i].source);
        free(mounts->entry[i].origin);
    }
    free(mounts->entry);
    *mounts = (struct p9_mounts){};
}

// --- What is kept with each ---

static bool is_service(const char *name)
{
    return strncmp(name, "/srv/", 5) == 0;
}

// The text after the NUL that ends `field`; "" past the last.
static const char *field_after(const struct mount_record *record, size_t size, const char *field)
{
    const char *next = field + strlen(field) + 1, *end = record->text + size;
    return next < end ? next : end;
}

enum status mount_record_read(fe_handle name_space, uint64_t mount, struct mount_record *record)
{
    size_t size;
    TRY(fe_namespace_start(name_space, mount, record->text, MOUNT_RECORD_MAX, &size));
    record->text[size] = '\0';
    record->source = field_after(record, size, record->text);
    record->origin = field_after(record, size, record->source);
    record->is_outside = *field_after(record, size, record->origin) != '\0';
    if (*record->origin == '\0' && is_service(record->source)) record->origin = record->source;
    return OK;
}

static bool put_field(char *record, size_t *at, const char *text)
{
    size_t size = strlen(text);
    if (*at + 1 + size > MOUNT_RECORD_MAX) return false;
    record[*at] = '\0';
    memcpy(record + *at + 1, text, size);
    *at += 1 + size;
    return true;
}

size_t mount_record_write(char record[static MOUNT_RECORD_MAX], const struct p9_part *part,
                          bool is_outside)
{
    size_t size = 0;
    bool is_short = !is_outside && strcmp(part->source, part->origin) == 0;
    if (!put_field(record, &size, part->source)) return 0;
    if (is_short) return size;
    if (!put_field(record, &size, part->origin)) return 0;
    return is_outside && !put_field(record, &size, "mount") ? 0 : size;
}

// --- All of them ---

// Keeps the order of the mounts' numbers.
static bool insert(struct p9_mounts *mounts, size_t *capacity, const struct p9_mount_entry *entry)
{
    if (mounts->count == *capacity) {
        *capacity = *capacity == 0 ? 32 : *capacity * 2;
        struct p9_mount_entry *more = realloc(mounts->entry, *capacity * sizeof *more);
        if (more == nullptr) return false;
        mounts->entry = more;
    }
    size_t at = mounts->count++;
    for (; at > 0 && mounts->entry[at - 1].mount > entry->mount; at--)
        mounts->entry[at] = mounts->entry[at - 1];
    mounts->entry[at] = *entry;
    return true;
}

static enum status read_one(fe_handle name_space, uint32_t index, struct p9_mount_entry *entry)
{
    char path[MOUNT_RECORD_MAX];
    size_t size;
    struct mount_record record;
    TRY(fe_namespace_list(name_space, index, path, sizeof path, &entry->mount, &size,
                          &entry->flags));
    TRY(mount_record_read(name_space, entry->mount, &record));
    entry->position = index;
    entry->path = strndup(path, size);
    entry->source = strdup(record.source);
    entry->origin = strdup(record.origin);
    entry->is_outside = record.is_outside;
    return entry->path && entry->source && entry->origin ? OK : ERR_NO_MEMORY;
}

int p9_mounts_read(fe_handle name_space, struct p9_mounts *mounts)
{
    size_t capacity = 0;
    *mounts = (struct p9_mounts){};
    for (uint32_t index = 0;; index++) {
        struct p9_mount_entry entry = {};
        enum status status = read_one(name_space, index, &entry);
        if (status == OK && insert(mounts, &capacity, &entry)) continue;
        free(entry.path);
        free(entry.source);
        free(entry.origin);
        if (status == ERR_NOT_FOUND) return 0;
        p9_mounts_free(mounts);
        return status == OK ? -ENOMEM : -fe_status_errno(status);
    }
}

uint32_t mount_flags(const struct p9_mounts *mounts, size_t which)
{
    const struct p9_mount_entry *entry = &mounts->entry[which];
    uint32_t create = entry->flags & MOUNT_CREATE, order = MOUNT_REPLACE;
    if ((entry->flags & MOUNT_UNION) == 0) return create;
    for (size_t i = 0; i < which; i++) {
        const struct p9_mount_entry *other = &mounts->entry[i];
        if (strcmp(other->path, entry->path) != 0) continue;
        if (other->position < entry->position) return MOUNT_AFTER | create;
        order = MOUNT_BEFORE;
    }
    return order | create;
}

// --- For another user ---

static int mount_for(const struct p9_user *user, fe_handle from, const struct p9_mounts *mounts,
                     size_t which, fe_handle to)
{
    const struct p9_mount_entry *entry = &mounts->entry[which];
    char record[MOUNT_RECORD_MAX];
    FE_HANDLE connector = FE_NO_HANDLE, bound = FE_NO_HANDLE;
    uint64_t mount;
    size_t size;
    enum status status =
        fe_namespace_session(from, entry->mount, record, sizeof record, &connector, &size);
    if (status != OK) return -fe_status_errno(status);
    int result = p9_identify(connector, user, &bound);
    if (result != 0) return result;
    status = fe_namespace_mount(to, entry->path, strlen(entry->path), record, size, bound,
                                mount_flags(mounts, which), &mount);
    return status == OK ? 0 : -fe_status_errno(status);
}

int p9_mounts_identify(fe_handle from, const struct p9_user *user, fe_handle to, char **failed)
{
    struct p9_mounts mounts;
    *failed = nullptr;
    int result = p9_mounts_read(from, &mounts);
    for (size_t i = 0; i < mounts.count && result == 0; i++) {
        result = mount_for(user, from, &mounts, i, to);
        if (result != 0) *failed = strdup(mounts.entry[i].path);
    }
    p9_mounts_free(&mounts);
    return result;
}

// --- As commands ---

// A word as the shell takes it: in quotes where it has any but harmless letters.
static void print_word(struct p9_text *text, const char *word)
{
    size_t size = strlen(word);
    bool is_plain = size > 0;
    for (size_t i = 0; i < size && is_plain; i++) {
        char letter = word[i];
        is_plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                   (letter >= '+' && letter <= ':') || letter == '_' || letter == '@';
    }
    p9_print(text, is_plain ? " " : " '");
    if (is_plain) {
        p9_print_bytes(text, word, size);
        return;
    }
    for (size_t i = 0; i < size; i++) {
        if (word[i] == '\'')
            p9_print(text, "'\\''");
        else
            p9_print_bytes(text, &word[i], 1);
    }
    p9_print(text, "'");
}

// The rest of `path` after a place that it is at or below; nullptr: it is not.
static const char *rest_of(const char *path, const char *place)
{
    size_t size = strcmp(place, "/") == 0 ? 0 : strlen(place);
    bool is_in = strncmp(path, place, size) == 0 && (path[size] == '/' || path[size] == '\0');
    return is_in ? path + size : nullptr;
}

// Whether the name that the mount was made from led to it, to it alone, and with nothing mounted
// below that would come along, when only the older ones were there: what was mounted between may
// be gone, and what came along has a line of its own, or was taken away.
static bool is_found_by_name(const struct p9_mounts *mounts, size_t which)
{
    const struct p9_mount_entry *entry = &mounts->entry[which], *found = nullptr;
    const char *rest = nullptr;
    bool is_alone = false;
    for (size_t i = 0; i < which; i++) {
        const struct p9_mount_entry *other = &mounts->entry[i];
        const char *below = rest_of(other->path, entry->source);
        if (below != nullptr && below[0] == '/' && below[1] != '\0') return false;
        const char *more = rest_of(entry->source, other->path);
        if (more == nullptr || (rest != nullptr && strlen(more) > strlen(rest))) continue;
        is_alone = rest == nullptr || strlen(more) < strlen(rest);
        rest = more;
        found = other;
    }
    if (found == nullptr || !is_alone) return false;
    size_t size = strlen(found->origin);
    return strncmp(entry->origin, found->origin, size) == 0 &&
           strcmp(entry->origin + size, strcmp(rest, "/") == 0 ? "" : rest) == 0;
}

static void print_mount(struct p9_text *text, const struct p9_mounts *mounts, size_t which)
{
    const struct p9_mount_entry *entry = &mounts->entry[which];
    const char *source = entry->source;
    if (!is_service(source) && *entry->origin != '\0' &&
        (entry->is_outside || !is_found_by_name(mounts, which)))
        source = entry->origin;
    bool is_known = *source != '\0' && (!entry->is_outside || is_service(source));
    uint32_t flags = mount_flags(mounts, which);
    p9_print(text, "%s%s%s%s%s", is_known ? "" : "# ", is_service(source) ? "mount" : "bind",
             flags & MOUNT_BEFORE ? " -b" : "", flags & MOUNT_AFTER ? " -a" : "",
             flags & MOUNT_CREATE ? " -c" : "");
    if (is_known)
        print_word(text, source);
    else
        p9_print(text, " (a session)");
    print_word(text, entry->path);
    p9_print(text, "\n");
}

char *p9_mount_text(fe_handle name_space, size_t *size)
{
    struct p9_mounts mounts;
    struct p9_text text = {};
    if (p9_mounts_read(name_space, &mounts) != 0) return nullptr;
    p9_print(&text, "#!/bin/sh\n");
    for (size_t i = 0; i < mounts.count; i++) print_mount(&text, &mounts, i);
    p9_mounts_free(&mounts);
    if (text.has_failed) {
        free(text.bytes);
        return nullptr;
    }
    *size = text.size;
    return text.bytes;
}
