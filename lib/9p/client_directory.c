// SPDX-License-Identifier: MIT
// Listing directories: the parts of a united one follow each other, then come the mounts that lie
// in the directory and that none of its servers has a name for.
#include "client_internal.h"

// Parts of a united directory follow each other; the top byte of an offset says which part it
// belongs to.
enum : uint32_t { PART_SHIFT = 56, NAME_MOST = 255 };

// Who lists trusts the entries: each lies within the answer, and its name is one name.
static bool is_entry(const uint8_t *data, size_t left, size_t *size)
{
    struct fe_9p_entry entry;
    if (left < sizeof entry) return false;
    memcpy(&entry, data, sizeof entry);
    const char *name = (const char *)data + sizeof entry;
    *size = (sizeof entry + entry.name_size + 7) & ~(size_t)7;
    if (entry.name_size == 0 || entry.name_size > NAME_MOST || *size > left) return false;
    if (name[0] == '.' && (entry.name_size == 1 || (entry.name_size == 2 && name[1] == '.')))
        return false;
    return memchr(name, '/', entry.name_size) == nullptr &&
           memchr(name, '\0', entry.name_size) == nullptr;
}

static int64_t read_part(struct p9_file *part, uint32_t number, uint64_t offset, void *to,
                         size_t count)
{
    struct call call;
    if (count > FE_9P_DATA_MAX) count = FE_9P_DATA_MAX;
    call_init(&call, P9_READDIR, part->fid);
    call.message.word[1] = offset;
    call.message.word[2] = count;
    call_receive(&call, to, count);
    int result = file_run(part, &call);
    if (result != 0) return result;
    part->is_listed = true;
    size_t size = call.transfer.received_size, entry_size;
    for (size_t at = 0; at < size; at += entry_size) {
        struct fe_9p_entry entry;
        if (!is_entry((uint8_t *)to + at, size - at, &entry_size)) return -EPROTO;
        memcpy(&entry, (char *)to + at, sizeof entry);
        entry.next |= (uint64_t)number << PART_SHIFT;
        memcpy((char *)to + at, &entry, sizeof entry);
    }
    return (int64_t)size;
}

static uint32_t part_count(const struct p9_file *directory)
{
    uint32_t count = 0;
    for (; directory; directory = directory->below) count++;
    return count;
}

// Whether a server has the name itself: then it was listed.
static bool is_listed(struct p9_file *directory, const char *name)
{
    for (struct p9_file *part = directory; part; part = part->below) {
        struct call call;
        char link[8];
        call_init(&call, P9_WALK, part->fid);
        call.message.word[1] = FE_9P_NO_FID;
        call.message.word[2] = FE_9P_NO_FOLLOW;
        call_send(&call, name, strlen(name));
        call_receive(&call, link, sizeof link);
        if (call_run(part->session, &call) == 0) return true;
    }
    return false;
}

// The name under which the namespace's mount `index` lies in the directory; nullptr: not in it, or
// said already. False at the end of the table.
static bool mount_name(struct p9_file *directory, uint32_t index, char *path, const char **name)
{
    char before[FE_PATH_MAX];
    uint64_t mount;
    size_t size, other;
    uint32_t flags;
    fe_handle own = client_namespace();
    *name = nullptr;
    if (fe_namespace_list(own, index, path, FE_PATH_MAX - 1, &mount, &size, &flags) != OK)
        return false;
    path[size] = '\0';
    size_t parent = strlen(directory->path);
    if (parent == 1) parent = 0;
    if (size <= parent + 1 || path[parent] != '/' || memcmp(path, directory->path, parent) != 0 ||
        strchr(path + parent + 1, '/') != nullptr) {
        return true;
    }
    for (uint32_t i = 0; i < index; i++) {
        if (fe_namespace_list(own, i, before, sizeof before, &mount, &other, &flags) == OK &&
            other == size && memcmp(before, path, size) == 0) {
            return true;
        }
    }
    if (!is_listed(directory, path + parent + 1)) *name = path + parent + 1;
    return true;
}

// Mounts in this directory that no server knows of, as entries of unknown kind.
static int64_t list_mounts(struct p9_file *directory, uint64_t from, void *to, size_t count)
{
    char path[FE_PATH_MAX];
    const char *name;
    size_t used = 0;
    uint64_t base = (uint64_t)part_count(directory) << PART_SHIFT;
    if (directory->path == nullptr) return 0;
    for (uint32_t index = (uint32_t)from; mount_name(directory, index, path, &name); index++) {
        if (name == nullptr) continue;
        struct fe_9p_entry entry = {.qid_path = ~(uint64_t)index,
                                    .next = base | (index + 1),
                                    .name_size = (uint16_t)strlen(name)};
        size_t size = (sizeof entry + entry.name_size + 7) & ~(size_t)7;
        if (size > count - used) break;
        memset((char *)to + used, 0, size);
        memcpy((char *)to + used, &entry, sizeof entry);
        memcpy((char *)to + used + sizeof entry, name, entry.name_size);
        used += size;
    }
    return (int64_t)used;
}

static int64_t readdir_position(struct p9_file *directory, void *to, size_t count)
{
    if (directory->part == nullptr && directory->mounts_from == 0) directory->part = directory;
    while (directory->part) {
        int64_t size = read_part(directory->part, 0, FE_9P_POSITION, to, count);
        if (size != 0) return size;
        directory->part = directory->part->below;
    }
    int64_t size = list_mounts(directory, directory->mounts_from, to, count);
    for (int64_t at = 0; at < size;) {
        struct fe_9p_entry entry;
        memcpy(&entry, (char *)to + at, sizeof entry);
        directory->mounts_from = (uint32_t)entry.next;
        at += (int64_t)((sizeof entry + entry.name_size + 7) & ~(size_t)7);
    }
    if (size == 0) directory->mounts_from = UINT32_MAX;
    return size;
}

int64_t p9_readdir(struct p9_file *directory, uint64_t offset, void *to, size_t count)
{
    if (offset == FE_9P_POSITION) return readdir_position(directory, to, count);
    uint32_t number = (uint32_t)(offset >> PART_SHIFT);
    offset &= ((uint64_t)1 << PART_SHIFT) - 1;
    struct p9_file *part = directory;
    for (uint32_t i = 0; i < number && part; i++) part = part->below;
    for (; part; part = part->below, number++, offset = 0) {
        int64_t size = read_part(part, number, offset, to, count);
        if (size != 0) return size;
    }
    return list_mounts(directory, offset, to, count);
}
