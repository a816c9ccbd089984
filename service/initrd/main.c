// SPDX-License-Identifier: MIT
// The archive that the machine was started with, as a read-only file system. Nodes are made once,
// from the archive's entries; bytes stay where they are: reads copy from the mapped archive, memory
// objects are clones of its pages, and the verified image of a program is made at its first use, be
// it to run or to read it, and kept.
#include "initrd.h"

#include <abi/errno.h>
#include <abi/syscalls.h>
#include <cpio/cpio.h>
#include <ferrite/handle.h>
#include <ferrite/libc.h>
#include <ferrite/log.h>
#include <ferrite/memory.h>
#include <ferrite/start.h>

struct archive archive;

static struct entry *entry_of(const struct p9_node *node)
{
    return (struct entry *)(uintptr_t)node;
}

static int initrd_lookup(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                         struct p9_node **found)
{
    struct entry *entry = entry_find(entry_of(directory), name);
    if (entry == nullptr) return -ENOENT;
    p9_node_get(&entry->node);
    *found = &entry->node;
    return 0;
}

static int initrd_readdir(struct p9_request *request, struct p9_open *open, uint64_t offset,
                          struct p9_listing *listing)
{
    uint64_t position = 0;
    for (struct entry *e = entry_of(open->node)->first_child; e; e = e->next) {
        if (position++ < offset) continue;
        if (!p9_list(listing, p9_name_of(e->name), &e->node, position)) break;
    }
    return 0;
}

// A copy-on-write clone of the archive's pages. A file that does not begin on a page is copied.
static int clone(const struct entry *entry, uint64_t offset, size_t size, fe_handle *memory)
{
    size_t at = entry->offset + (size_t)offset;
    enum status status;
    if (at % FE_PAGE_SIZE == 0 && fe_page_round(size) <= archive.mapped_size - at) {
        status = fe_memory_clone(archive.memory, at, fe_page_round(size), memory);
        return status == OK ? 0 : -ENOMEM;
    }
    if (fe_memory_create(fe_page_round(size), 0, memory) != OK) return -ENOMEM;
    if (fe_memory_write(*memory, 0, archive.bytes + at, size) == OK) return 0;
    fe_handle_drop(memory);
    return -ENOMEM;
}

static int image_make(struct entry *entry)
{
    FE_HANDLE memory = FE_NO_HANDLE;
    int result = clone(entry, 0, (size_t)entry->node.size, &memory);
    if (result != 0) return result;
    enum status status = fe_image_create(memory, (size_t)entry->node.size, &entry->image);
    if (status == OK) return 0;
    fe_log("%s: image refused: %d", entry->name, status);
    return status <= ERR_IMAGE_UNSIGNED && status >= ERR_IMAGE_ENTITLEMENT ? -EACCES : -ENOEXEC;
}

// The archive's signature says nothing of an image's bytes: the kernel judges them.
static int vouch(struct entry *entry)
{
    return !entry->is_image || entry->image != FE_NO_HANDLE ? 0 : image_make(entry);
}

static int initrd_open(struct p9_request *request, struct p9_open *open)
{
    bool is_file = (open->node->mode & MODE_TYPE) == MODE_FILE;
    return is_file && p9_open_has(open, OPEN_WRITE) ? -EROFS : 0;
}

static int initrd_truncate(struct p9_request *request, struct p9_node *node, uint64_t size)
{
    return -EROFS;
}

static int initrd_setattr(struct p9_request *request, struct p9_node *node, uint32_t valid,
                          const struct fe_9p_attributes *attributes)
{
    return -EROFS;
}

static int64_t initrd_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                           void *to, size_t count)
{
    struct entry *entry = entry_of(open->node);
    int result = vouch(entry);
    if (result != 0) return result;
    if (offset >= entry->node.size) return 0;
    if (count > entry->node.size - offset) count = (size_t)(entry->node.size - offset);
    memcpy(to, archive.bytes + entry->offset + offset, count);
    return (int64_t)count;
}

static int64_t initrd_readlink(struct p9_request *request, struct p9_node *node, char *to,
                               size_t capacity)
{
    size_t size = node->size < capacity ? (size_t)node->size : capacity;
    int result = vouch(entry_of(node));
    if (result != 0) return result;
    memcpy(to, archive.bytes + entry_of(node)->offset, size);
    return (int64_t)size;
}

static int initrd_memory(struct p9_request *request, struct p9_open *open,
                         const struct p9_memory_wish *wish, fe_handle *memory)
{
    struct entry *entry = entry_of(open->node);
    int result = vouch(entry);
    if (result != 0) return result;
    if (wish->offset >= entry->node.size || wish->offset % FE_PAGE_SIZE != 0) return -EINVAL;
    uint64_t left = entry->node.size - wish->offset;
    return clone(entry, wish->offset, (size_t)(wish->size < left ? wish->size : left), memory);
}

static int initrd_image(struct p9_request *request, struct p9_node *node, fe_handle *image)
{
    struct entry *entry = entry_of(node);
    if (entry->image == FE_NO_HANDLE) {
        int result = image_make(entry);
        if (result != 0) return result;
    }
    return fe_handle_copy(entry->image, image) == OK ? 0 : -ENOMEM;
}

static int initrd_statfs(struct p9_request *request, struct p9_node *node,
                         struct fe_9p_statfs *statistics)
{
    *statistics = (struct fe_9p_statfs){.type = 0x43504f49,
                                        .block_size = FE_PAGE_SIZE,
                                        .blocks = archive.mapped_size / FE_PAGE_SIZE,
                                        .files = archive.count,
                                        .name_max = 255};
    return 0;
}

const struct p9_operations initrd_operations = {
    .lookup = initrd_lookup,
    .readdir = initrd_readdir,
    .open = initrd_open,
    .read = initrd_read,
    .truncate = initrd_truncate,
    .readlink = initrd_readlink,
    .memory = initrd_memory,
    .image = initrd_image,
    .statfs = initrd_statfs,
    .setattr = initrd_setattr,
};

int main(int count, char **arguments)
{
    static struct p9_server server = {.name = "initrd", .is_lasting = true};
    const struct fe_start_handle *start = fe_start_find("initrd");
    const void *bytes;
    if (start == nullptr) return 2;
    archive.memory = start->handle;
    archive.mapped_size = fe_page_round((size_t)start->value);
    if (fe_archive_map(start->handle, archive.mapped_size, &bytes) != OK) return 3;
    archive.bytes = bytes;
    if (archive_read((size_t)start->value) != 0) return 4;
    server.root = &archive.root->node;
    if (p9_server_init(&server) != OK || p9_server_ready(&server, "", nullptr) != OK) return 5;
    p9_serve(&server);
}
