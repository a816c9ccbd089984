// SPDX-License-Identifier: MIT
// Making DMA memory for clients, and giving it up.
#include "window.h"

#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <stdlib.h>
#include <string.h>

enum : uint32_t {
    RIGHTS_CLIENT =
        RIGHT_MEMORY_READ | RIGHT_MEMORY_WRITE | RIGHT_MEMORY_MAP | RIGHT_TRANSFER | RIGHT_INSPECT,
};

static enum status window_make(const struct disk *disk, struct window *window, fe_handle *given)
{
    struct fe_handle_info info;
    TRY(fe_memory_contiguous(disk->device.dma, window->size, MEMORY_CACHED, UINT64_MAX,
                             &window->memory, &window->physical));
    enum status status = fe_handle_inspect(window->memory, &info);
    if (status == OK) status = fe_handle_duplicate(window->memory, RIGHTS_CLIENT, given);
    window->number = info.id;
    if (status != OK) fe_handle_drop(&window->memory);
    return status;
}

int window_create(struct disk *disk, struct p9_request *request, struct p9_open *open)
{
    uint64_t size;
    fe_handle given;
    if (request->size != sizeof size) return -EINVAL;
    memcpy(&size, request->data, sizeof size);
    if (size == 0 || size % SECTOR != 0 || size > SIZE_MAX) return -EINVAL;
    struct window *window = calloc(1, sizeof *window);
    if (window == nullptr) return -ENOMEM;
    window->size = size;
    if (window_make(disk, window, &given) != OK) {
        free(window);
        return -ENOMEM;
    }
    window->users = 1;
    window->next = open->state;
    open->state = window;
    request->value = window->number;
    return p9_answer_handle(request, given);
}

void window_put(struct window *window)
{
    if (--window->users != 0) return;
    fe_handle_drop(&window->memory);
    free(window);
}

int window_forget(struct p9_open *open, uint64_t number)
{
    struct window *before = nullptr, *window = open->state;
    while (window != nullptr && window->number != number) {
        before = window;
        window = window->next;
    }
    if (window == nullptr) return -ENXIO;
    if (before != nullptr) {
        before->next = window->next;
    } else {
        open->state = window->next;
    }
    window_put(window);
    return 0;
}

void window_close(struct p9_open *open)
{
    struct window *window = open->state;
    while (window != nullptr) {
        struct window *next = window->next;
        window_put(window);
        window = next;
    }
    open->state = nullptr;
}

struct window *window_find(struct p9_open *open, const struct p9_transfer *transfer)
{
    struct window *window = open->state;
    while (window != nullptr && window->number != transfer->memory) window = window->next;
    if (window == nullptr || transfer->position > window->size ||
        transfer->count > window->size - transfer->position)
        return nullptr;
    window->users++;
    return window;
}
