// SPDX-License-Identifier: MIT
// Reading a namespace: its mounts in the order in which they came, and as commands that make it
// anew: each mount goes before or after those of its path that came earlier, as it did then.
#include "client_internal.h"
#include "text.h"
#include <9p/mount.h>
#include <ferrite/status.h>

void p9_mounts_free(struct p9_mounts *mounts)
{
    for (size_t i = 0; i < mounts->count; i++) {
        free(mounts->entry[i].path);
        free(mounts->entry[i].source);
    }
    free(mounts->entry);
    *mounts = (struct p9_mounts){};
}

// What follows the NUL of the mount's start.
static char *source_of(fe_handle name_space, uint64_t mount)
{
    char start[FE_PATH_MAX];
    size_t size;
    FE_HANDLE session = FE_NO_HANDLE;
    if (fe_namespace_session(name_space, mount, start, sizeof start, &session, &size) != OK)
        return strdup("");
    size_t own = strnlen(start, size) + 1;
    return own < size ? strndup(start + own, size - own) : strdup("");
}

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
    char path[FE_PATH_MAX];
    size_t size;
    TRY(fe_namespace_list(name_space, index, path, sizeof path, &entry->mount, &size,
                          &entry->flags));
    entry->position = index;
    entry->path = strndup(path, size);
    entry->source = source_of(name_space, entry->mount);
    return entry->path != nullptr && entry->source != nullptr ? OK : ERR_NO_MEMORY;
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
        if (status == ERR_NOT_FOUND) return 0;
        p9_mounts_free(mounts);
        return status == OK ? -ENOMEM : -fe_status_errno(status);
    }
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

// How the mount came to those of its path that are older: first, before or after them.
static const char *order_of(const struct p9_mounts *mounts, size_t which)
{
    const struct p9_mount_entry *entry = &mounts->entry[which];
    if ((entry->flags & MOUNT_UNION) == 0) return "";
    const char *order = "";
    for (size_t i = 0; i < which; i++) {
        const struct p9_mount_entry *other = &mounts->entry[i];
        if (strcmp(other->path, entry->path) != 0) continue;
        if (other->position < entry->position) return " -a";
        order = " -b";
    }
    return order;
}

static void print_mount(struct p9_text *text, const struct p9_mounts *mounts, size_t which)
{
    const struct p9_mount_entry *entry = &mounts->entry[which];
    bool is_service = strncmp(entry->source, "/srv/", 5) == 0;
    const char *order = order_of(mounts, which);
    if (entry->source[0] == '\0') p9_print(text, "# ");
    p9_print(text, "%s%s%s", is_service ? "mount" : "bind", order,
             (entry->flags & MOUNT_CREATE) != 0 ? " -c" : "");
    if (entry->source[0] == '\0')
        p9_print(text, " (a session)");
    else
        print_word(text, entry->source);
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
