// SPDX-License-Identifier: MIT
// Volumes by their labels, read from where the superblock of ext2 and its successors has it
// (Documentation/filesystems/ext4/super.rst of Linux: s_magic, s_volume_name).
#include <volume/find.h>

#include <9p/client.h>
#include <abi/errno.h>
#include <ferrite/libc.h>

enum : size_t { SUPER_OFFSET = 1024, MAGIC_AT = 0x38, NAME_AT = 0x78, NAME_SIZE = 16 };
enum : uint16_t { MAGIC = 0xef53 };

struct search {
    const char *label;
    char *path;
    size_t size;
};

static int label_is(void *context, const char *path)
{
    const struct search *search = context;
    uint8_t super[NAME_AT + NAME_SIZE];
    struct p9_file *file;
    if (p9_open(path, OPEN_READ, 0, &file) != 0) return 0;
    int64_t count = p9_read(file, SUPER_OFFSET, super, sizeof super);
    p9_close(file);
    if (count != sizeof super || (super[MAGIC_AT] | super[MAGIC_AT + 1] << 8) != MAGIC) return 0;
    size_t length = strlen(search->label);
    if (length > NAME_SIZE || memcmp(super + NAME_AT, search->label, length) != 0) return 0;
    if (length < NAME_SIZE && super[NAME_AT + length] != '\0') return 0;
    if (strlen(path) >= search->size) return -ENAMETOOLONG;
    memcpy(search->path, path, strlen(path) + 1);
    return 1;
}

int volume_find(const char *label, char *path, size_t size)
{
    struct search search = {.label = label, .path = path, .size = size};
    int result = volume_each(label_is, &search);
    return result == 1 ? 0 : result == 0 ? -ENOENT : result;
}
