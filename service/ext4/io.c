// SPDX-License-Identifier: MIT
// How libext2fs reads and writes: from the cache, and into it as held blocks. What it writes that
// is there already is no change: it likes to write all of a structure of which a word is new.
#include "ext4.h"

#include <stdlib.h>
#include <string.h>

static errcode_t volume_open(const char *name, int flags, io_channel *made)
{
    io_channel channel = calloc(1, sizeof *channel);
    char *copy = strdup(name);
    if (channel == nullptr || copy == nullptr) {
        free(channel);
        free(copy);
        return EXT2_ET_NO_MEMORY;
    }
    channel->magic = EXT2_ET_MAGIC_IO_CHANNEL;
    channel->manager = &volume_io_manager;
    channel->name = copy;
    channel->block_size = (int)ext4.cache.block_size;
    channel->refcount = 1;
    *made = channel;
    return 0;
}

static errcode_t volume_close(io_channel channel)
{
    if (--channel->refcount > 0) return 0;
    free(channel->name);
    free(channel);
    return 0;
}

static errcode_t volume_block_size(io_channel channel, int size)
{
    channel->block_size = size;
    return 0;
}

static errcode_t bytes_read(uint64_t offset, uint8_t *to, size_t size)
{
    uint32_t block_size = ext4.cache.block_size;
    while (size != 0) {
        const uint8_t *bytes;
        size_t skip = (size_t)(offset % block_size);
        uint32_t count = (uint32_t)((skip + size + block_size - 1) / block_size);
        int result = cache_read(&ext4.cache, offset / block_size, &count, &bytes);
        if (result != 0) return -result;
        size_t part = (size_t)count * block_size - skip;
        if (part > size) part = size;
        memcpy(to, bytes + skip, part);
        offset += part;
        to += part;
        size -= part;
    }
    return 0;
}

// Almost always all of a block: word by word.
static bool bytes_agree(const uint8_t *one, const uint8_t *other, size_t size)
{
    uint64_t left, right;
    while (size >= sizeof left) {
        memcpy(&left, one, sizeof left);
        memcpy(&right, other, sizeof right);
        if (left != right) return false;
        one += sizeof left;
        other += sizeof right;
        size -= sizeof left;
    }
    return memcmp(one, other, size) == 0;
}

// Part of one block.
static int part_write(uint64_t block, size_t skip, const uint8_t *from, size_t size)
{
    bool is_whole = size == ext4.cache.block_size;
    if (!is_whole || cache_is(&ext4.cache, block, BLOCK_VALID)) {
        const uint8_t *bytes;
        uint32_t count = 1;
        int result = cache_read(&ext4.cache, block, &count, &bytes);
        if (result != 0) return result;
        if (bytes_agree(bytes + skip, from, size)) return 0;
    }
    uint8_t *to;
    int result = cache_change(&ext4.cache, block, BLOCK_HELD, is_whole, &to);
    if (result == 0) memcpy(to + skip, from, size);
    return result;
}

static errcode_t bytes_write(uint64_t offset, const uint8_t *from, size_t size)
{
    uint32_t block_size = ext4.cache.block_size;
    while (size != 0) {
        size_t skip = (size_t)(offset % block_size), part = block_size - skip;
        if (part > size) part = size;
        int result = part_write(offset / block_size, skip, from, part);
        if (result != 0) return -result;
        offset += part;
        from += part;
        size -= part;
    }
    return 0;
}

// A negative count is one of bytes.
static size_t size_of(io_channel channel, int count)
{
    return count < 0 ? (size_t)-count : (size_t)count * (size_t)channel->block_size;
}

static errcode_t volume_read64(io_channel channel, unsigned long long block, int count, void *to)
{
    return bytes_read(block * (uint64_t)channel->block_size, to, size_of(channel, count));
}

static errcode_t volume_write64(io_channel channel, unsigned long long block, int count,
                                const void *from)
{
    return bytes_write(block * (uint64_t)channel->block_size, from, size_of(channel, count));
}

static errcode_t volume_read(io_channel channel, unsigned long block, int count, void *to)
{
    return volume_read64(channel, block, count, to);
}

static errcode_t volume_write(io_channel channel, unsigned long block, int count, const void *from)
{
    return volume_write64(channel, block, count, from);
}

static errcode_t volume_write_byte(io_channel channel, unsigned long offset, int count,
                                   const void *from)
{
    return bytes_write(offset, from, (size_t)count);
}

static errcode_t volume_flush(io_channel channel)
{
    return 0; // a commit does that
}

struct struct_io_manager volume_io_manager = {
    .magic = EXT2_ET_MAGIC_IO_MANAGER,
    .name = "volume",
    .open = volume_open,
    .close = volume_close,
    .set_blksize = volume_block_size,
    .read_blk = volume_read,
    .write_blk = volume_write,
    .flush = volume_flush,
    .write_byte = volume_write_byte,
    .read_blk64 = volume_read64,
    .write_blk64 = volume_write64,
};
