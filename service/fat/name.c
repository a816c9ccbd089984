// SPDX-License-Identifier: MIT
// Names: looking up, listing, making, removing and renaming them. They are kept as they are
// written, and found in any case.
#include "fat.h"

#include <errno.h>
#include <ferrite/clock.h>
#include <string.h>

enum : size_t { UNITS_MAX = 255, NAME_SIZE = UNITS_MAX * 3 };

struct text { // with a NUL
    char text[NAME_SIZE + 1];
};

// Units of UTF-16 that the name takes.
static size_t units_of(struct p9_name name)
{
    size_t units = 0;
    for (size_t i = 0; i < name.size; i++) {
        uint8_t byte = (uint8_t)name.text[i];
        if ((byte & 0xc0) != 0x80) units += byte >= 0xf0 ? 2 : 1;
    }
    return units;
}

// A name that can be one on the disk, as it is. The last character is no dot or blank, which would
// be lost there.
static int text_of(struct p9_name name, struct text *text)
{
    if (name.size > NAME_SIZE || units_of(name) > UNITS_MAX) return -ENAMETOOLONG;
    for (size_t i = 0; i < name.size; i++) {
        uint8_t byte = (uint8_t)name.text[i];
        if (byte < 0x20 || byte == 0x7f || strchr("\"*/:<>?\\|", byte)) return -EINVAL;
    }
    char last = name.text[name.size - 1];
    if (last == '.' || last == ' ') return -EINVAL;
    memcpy(text->text, name.text, name.size);
    text->text[name.size] = '\0';
    return 0;
}

int name_lookup(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                struct p9_node **found)
{
    struct file *parent = file_of(directory), *file;
    struct fat_entry entry;
    struct text text;
    int result = text_of(name, &text);
    if (result != 0) return result == -EINVAL ? -ENOENT : result;
    if (parent->is_gone) return -ENOENT;
    FRESULT looked = fat_find(&parent->entry.object, text.text, &entry);
    if (looked == FR_INVALID_NAME) return -ENOENT; // no UTF-8
    result = error_of(looked);
    if (result == 0) result = file_get(parent, &entry, &file);
    if (result == 0) *found = &file->node;
    return result;
}

int name_readdir(struct p9_request *request, struct p9_open *open, uint64_t offset,
                 struct p9_listing *listing)
{
    struct file *directory = file_of(open->node);
    static FILINFO info;
    struct fat_entry entry;
    DIR position;
    DWORD next;
    if (directory->is_gone) return 0;
    if (offset > UINT32_MAX) return -EINVAL;
    FRESULT result = fat_list_begin(&directory->entry.object, (DWORD)offset, &position);
    while (result == FR_OK && (result = fat_list(&position, &entry, &info, &next)) == FR_OK) {
        bool is_directory = (entry.attributes & AM_DIR) != 0;
        struct p9_name name = p9_name_of(info.fname);
        struct fe_9p_entry listed = {.qid_kind = is_directory ? QID_DIRECTORY : QID_FILE,
                                     .qid_path = file_path(&entry),
                                     .next = next,
                                     .name_size = (uint16_t)name.size,
                                     .type = is_directory ? 4 : 8}; // DT_DIR, DT_REG
        if (!p9_list_entry(listing, name, &listed)) return 0;
    }
    return result == FR_NO_FILE ? 0 : error_of(result);
}

int name_create(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                const struct p9_creation *creation, struct p9_node **made)
{
    struct file *parent = file_of(directory), *file;
    uint32_t type = creation->mode & MODE_TYPE;
    struct text text;
    if (type != MODE_FILE && type != MODE_DIRECTORY) return -EPERM; // as link(2) and mknod(2) say
    if (parent->is_gone) return -ENOENT;
    int result = text_of(name, &text);
    if (result == 0) result = change_begin();
    if (result != 0) return result;
    struct fat_entry entry = {.attributes = type == MODE_DIRECTORY ? AM_DIR : AM_ARC};
    if (type == MODE_FILE && (creation->mode & 0222) == 0) entry.attributes |= AM_RDO;
    time_write(fe_clock_realtime(), &entry.created);
    entry.modified = entry.accessed = entry.created;
    result = error_of(fat_create(&parent->entry.object, text.text, &entry));
    if (result == -ENOSPC && fat.condemned_count != 0) {
        result = commit(false);
        if (result == 0) result = error_of(fat_create(&parent->entry.object, text.text, &entry));
    }
    if (result == 0) file_touch(parent);
    result = change_end(result);
    if (result == 0) result = file_get(parent, &entry, &file);
    if (result == 0) *made = &file->node;
    return result;
}

static int is_empty(struct file *directory)
{
    static FILINFO info;
    struct fat_entry entry;
    DIR position;
    DWORD next;
    FRESULT result = fat_list_begin(&directory->entry.object, 0, &position);
    if (result == FR_OK) result = fat_list(&position, &entry, &info, &next);
    return result == FR_NO_FILE ? 0 : result == FR_OK ? -ENOTEMPTY : error_of(result);
}

int name_remove(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                struct p9_node *node)
{
    struct file *parent = file_of(directory), *gone = file_of(node);
    struct text text;
    int result = text_of(name, &text);
    if (result == 0 && (gone->entry.attributes & AM_DIR)) result = is_empty(gone);
    if (result == 0) result = change_begin();
    if (result != 0) return result;
    result = error_of(fat_remove(&parent->entry.object, text.text));
    if (result == 0) {
        file_forget(gone);
        file_touch(parent);
    }
    return change_end(result);
}

static bool is_below(const struct file *directory, const struct file *above)
{
    for (const struct file *at = directory; at; at = at->parent) {
        if (at == above) return true;
    }
    return false;
}

static int rename_check(const struct p9_place *from, const struct p9_place *to)
{
    const struct file *moved = file_of(from->node), *target = file_of(to->directory);
    if (target->is_gone) return -ENOENT;
    if ((moved->entry.attributes & AM_DIR) && is_below(target, moved)) return -EINVAL;
    if (to->node == nullptr || to->node == from->node) return 0;
    struct file *replaced = file_of(to->node);
    return replaced->entry.attributes & AM_DIR ? is_empty(replaced) : 0;
}

// The new name has all of the file in one step, whatever was there; then the old one goes.
int name_rename(struct p9_request *request, const struct p9_place *from, const struct p9_place *to)
{
    struct file *source = file_of(from->directory), *target = file_of(to->directory);
    struct file *moved = file_of(from->node);
    struct text name, new_name;
    bool is_replacing = to->node && to->node != from->node;
    int result = text_of(from->name, &name);
    if (result == 0) result = text_of(to->name, &new_name);
    if (result == 0) result = rename_check(from, to);
    if (result == 0) result = change_begin();
    if (result == 0) result = change_end(file_store(moved));
    if (result != 0) return result;
    struct fat_move move = {.from = &source->entry.object,
                            .name = name.text,
                            .to = &target->entry.object,
                            .new_name = new_name.text,
                            .is_replacing = is_replacing};
    struct fat_entry entry;
    result = error_of(fat_move(&move, &entry));
    if (result != 0) return change_end(result);
    if (is_replacing) file_forget(file_of(to->node));
    file_move(moved, target, &entry);
    file_touch(source);
    file_touch(target);
    return change_end(0);
}
