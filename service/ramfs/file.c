// SPDX-License-Identifier: MIT
// Operations on files.
#include "ramfs.h"

#include <abi/errno.h>
#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/libc.h>
#include <ferrite/memory.h>

// A file is mapped here as a whole, and in powers of two.
enum : uint64_t { SIZE_MAX_FILE = SIZE_MAX > UINT32_MAX ? 1ull << 40 : 1ull << 30 };

static struct node *file_of(const struct p9_node *node)
{
    return (struct node *)(uintptr_t)node;
}

int64_t file_read(struct p9_request *request, struct p9_open *open, uint64_t offset, void *to,
                  size_t count)
{
    const struct node *file = file_of(open->node);
    if (offset >= file->node.size) return 0;
    if (count > file->node.size - offset) count = (size_t)(file->node.size - offset);
    request->bytes = content_read(&file->content, (size_t)offset, to, count);
    return request->bytes == nullptr ? -EIO : (int64_t)count;
}

int64_t file_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                   const void *from, size_t count)
{
    struct node *file = file_of(open->node);
    if (offset > SIZE_MAX_FILE || count > SIZE_MAX_FILE - offset) return -EFBIG;
    if (count == 0) return 0;
    size_t end = (size_t)(offset + count), size = (size_t)file->node.size;
    int error = end > size ? content_grow(&file->content, end, size) : 0;
    if (error == 0) error = content_write(&file->content, (size_t)offset, from, count);
    if (error != 0) return error;
    if (end > size) file->node.size = end;
    node_modified(file);
    return (int64_t)count;
}

int file_truncate(struct p9_request *request, struct p9_node *node, uint64_t size)
{
    struct node *file = file_of(node);
    if ((node->mode & MODE_TYPE) != MODE_FILE) return -EINVAL;
    if (size > SIZE_MAX_FILE) return -EFBIG;
    struct content *content = &file->content;
    size_t after = (size_t)size, before = (size_t)node->size;
    int error = after > before ? content_grow(content, after, before)
                               : content_shrink(content, after, before);
    if (error == 0 && after > before) error = content_reserve(content, after);
    if (error != 0) return error;
    node->size = size;
    node_modified(file);
    return 0;
}

int file_getattr(struct p9_request *request, struct p9_node *node,
                 struct fe_9p_attributes *attributes)
{
    if ((node->mode & MODE_TYPE) == MODE_FILE)
        attributes->blocks = (content_used(&file_of(node)->content) + 511) / 512;
    return 0;
}

// A writer shares the file's own pages; a reader as well, but cannot change them.
int file_memory(struct p9_request *request, struct p9_open *open, const struct p9_memory_wish *wish,
                fe_handle *memory)
{
    struct node *file = file_of(open->node);
    if (wish->offset % FE_PAGE_SIZE != 0) return -EINVAL;
    uint64_t all = fe_page_round((size_t)file->node.size);
    if (wish->offset > all || wish->size > all - wish->offset) return -ENXIO;
    if (all == 0) return -ENODEV;
    fe_handle whole;
    int error = content_memory(&file->content, (size_t)file->node.size, &whole);
    if (error != 0) return error;
    uint32_t rights =
        RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_INSPECT | RIGHT_MEMORY_READ | RIGHT_MEMORY_MAP;
    if ((open->flags & OPEN_ACCESS) == OPEN_READ_WRITE) rights |= RIGHT_MEMORY_WRITE;
    if ((wish->protection & MAP_WRITE) && (rights & RIGHT_MEMORY_WRITE) == 0) return -EACCES;
    request->value = wish->offset;
    return fe_handle_duplicate(whole, rights, memory) == OK ? 0 : -ENOMEM;
}

// The kernel verifies a copy, so what runs does not change with the file.
int file_image(struct p9_request *request, struct p9_node *node, fe_handle *image)
{
    struct node *file = file_of(node);
    fe_handle whole;
    FE_HANDLE copy = FE_NO_HANDLE;
    if (node->size == 0) return -ENOEXEC;
    int error = content_memory(&file->content, (size_t)node->size, &whole);
    if (error != 0) return error;
    if (fe_memory_clone(whole, 0, fe_page_round((size_t)node->size), &copy) != OK) return -ENOMEM;
    enum status status = fe_image_create(copy, (size_t)node->size, image);
    if (status == OK) return 0;
    return status <= ERR_IMAGE_UNSIGNED && status >= ERR_IMAGE_ENTITLEMENT ? -EACCES : -ENOEXEC;
}
