// SPDX-License-Identifier: MIT
// Files as images, and the copies of them in memory. The images that were asked for last are kept
// as long as their files stay as they are: a program that is started often is copied and checked
// once.
#include "fileserver_internal.h"

#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <ferrite/memory.h>
#include <ferrite/status.h>

enum : size_t {
    IMAGES = 4,
    PART_OF_LIMIT = 64, // one that takes more of the memory that the process may use is not kept
};

static struct kept {
    uint64_t path, size, change_time; // the time of the file's last change
    uint32_t generation;
    uint64_t used; // when; 0: free
    fe_handle image;
} kept[IMAGES];
static uint64_t uses;

static bool is_of(const struct kept *at, const struct p9_node *node)
{
    return at->used != 0 && at->path == node->path && at->generation == node->generation &&
           at->size == node->size && at->change_time == node->change_time;
}

// The node's, or else the one to be replaced.
static struct kept *place_of(const struct p9_node *node)
{
    struct kept *oldest = &kept[0];
    for (size_t i = 0; i < IMAGES; i++) {
        if (is_of(&kept[i], node)) return &kept[i];
        if (kept[i].used < oldest->used) oldest = &kept[i];
    }
    return oldest;
}

static void forget_all(void)
{
    for (size_t i = 0; i < IMAGES; i++) {
        fe_handle_drop(&kept[i].image);
        kept[i].used = 0;
    }
}

static bool is_worth_it(const struct p9_node *node)
{
    struct fe_process_info info = {};
    if (!served->is_lasting) return false; // another file may look the same
    enum status status = fe_process_inspect(fe_process_self(), &info);
    return status == OK && node->size <= info.memory_limit / PART_OF_LIMIT;
}

static void keep(const struct p9_node *node, fe_handle image)
{
    struct kept *at = place_of(node);
    FE_HANDLE copy = FE_NO_HANDLE;
    if (!is_worth_it(node) || fe_handle_copy(image, &copy) != OK) return;
    fe_handle_drop(&at->image);
    *at = (struct kept){.path = node->path,
                        .size = node->size,
                        .change_time = node->change_time,
                        .generation = node->generation,
                        .used = ++uses,
                        .image = fe_handle_take(&copy)};
}

static enum status room_get(size_t size, fe_handle *memory)
{
    enum status status = fe_memory_create(fe_page_round(size), 0, memory);
    if (status == OK) return OK;
    forget_all();
    return fe_memory_create(fe_page_round(size), 0, memory);
}

int memory_make(struct p9_node *node, fe_handle *memory)
{
    size_t size = (size_t)node->size;
    void *bytes;
    if (node->size == 0 || node->size > SIZE_MAX / 2) return -ENODEV;
    if (room_get(size, memory) != OK) return -ENOMEM;
    if (fe_memory_map(*memory, 0, fe_page_round(size), MAP_READ | MAP_WRITE, &bytes) != OK) {
        fe_handle_drop(memory);
        return -ENOMEM;
    }
    int64_t count = served->copy(node, 0, bytes, size);
    enum status status = fe_memory_unmap(bytes, fe_page_round(size));
    if (status == OK && count == (int64_t)size) return 0;
    fe_handle_drop(memory);
    return count < 0 ? (int)count : -EIO;
}

static int error_of(enum status status)
{
    if (status == ERR_NO_MEMORY || status == ERR_QUOTA) return -ENOMEM;
    return status <= ERR_IMAGE_UNSIGNED && status >= ERR_IMAGE_ENTITLEMENT ? -EACCES : -ENOEXEC;
}

int file_system_image(struct p9_request *request, struct p9_node *node, fe_handle *image)
{
    FE_HANDLE memory = FE_NO_HANDLE;
    struct kept *at = place_of(node);
    if (node->size == 0) return -ENOEXEC;
    if (is_of(at, node)) {
        at->used = ++uses;
        return fe_handle_copy(at->image, image) == OK ? 0 : -ENOMEM;
    }
    int result = live_flush_of(node);
    if (result == 0) result = memory_make(node, &memory);
    if (result != 0) return result;
    enum status status = fe_image_create(memory, (size_t)node->size, image);
    if (status != OK) return error_of(status);
    keep(node, *image);
    return 0;
}
