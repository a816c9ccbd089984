// SPDX-License-Identifier: MIT
// The system calls on memory objects. What takes long stops for interrupts after every step and is
// made again by the thread.
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/memory/progress.h"
#include "kernel/object/handle.h"
#include "kernel/object/memory.h"
#include "kernel/object/process.h"
#include "kernel/object/reap.h"
#include "kernel/object/resource.h"
#include "kernel/string.h"
#include "kernel/syscall.h"
#include "kernel/syscalls.h"

enum : uint32_t {
    RIGHTS_COMMON = RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_INSPECT | RIGHT_MEMORY_READ |
                    RIGHT_MEMORY_WRITE | RIGHT_MEMORY_MAP,
    // Nobody gets the right to execute: what runs comes out of an image.
    RIGHTS_RAM = RIGHTS_COMMON | RIGHT_MEMORY_SEAL | RIGHT_MEMORY_RESIZE,
    RIGHTS_DEVICE = RIGHTS_COMMON | RIGHT_MEMORY_PHYSICAL,
};

static const uint8_t zeros[PAGE_SIZE];

// Gives the current process a handle; the reference of the maker goes.
static enum status hand_over(struct memory *memory, uint32_t rights, fe_handle *handle)
{
    struct process *process = process_current();
    enum status status = handle_reserve(process, 1);
    if (status == OK) *handle = handle_insert(process, &memory->object, rights);
    object_put(&memory->object);
    return status;
}

// As hand_over, of what a long call has made, unless it stops with another status than OK.
static enum status finish(struct progress *progress, enum status status, uint32_t rights,
                          fe_handle *handle)
{
    struct memory *memory = (struct memory *)progress->object;
    if (status == CALL_RESTART) return status;
    if (status == OK) object_get(&memory->object);
    progress_end(progress);
    return status == OK ? hand_over(memory, rights, handle) : status;
}

enum status sys_memory_create(size_t size, uint32_t flags, fe_handle *handle)
{
    if (flags & ~MEMORY_COMMIT) return ERR_BAD_ARGUMENT;
    struct memory *memory;
    if (!(flags & MEMORY_COMMIT) && !ARCH_SPACE_IDENTITY) {
        TRY(memory_make(process_current(), size, &memory));
        return hand_over(memory, RIGHTS_RAM, handle);
    }
    struct progress *progress = progress_get(sys_memory_create, (uint64_t[3]){size}, 0);
    enum status status = OK;
    if (progress->object == nullptr) {
        if (size >> PAGE_SHIFT > page_free_count()) {
            reap_want();
            return ERR_NO_MEMORY;
        }
        TRY(memory_make(process_current(), size, &memory));
        progress->object = &memory->object;
    }
    memory = (struct memory *)progress->object;
    while (status == OK && progress->position < memory->size) {
        struct page *page;
        uint64_t physical;
        status = memory_page(memory, progress->position, true, &page, &physical);
        if (status == OK) progress->position += PAGE_SIZE;
        status = progress_go_on(status);
    }
    return finish(progress, status, RIGHTS_RAM, handle);
}

enum status sys_memory_clone(struct memory *source, uint64_t offset, size_t size, fe_handle *handle)
{
    struct progress *progress =
        progress_get(sys_memory_clone, (uint64_t[3]){source->object.id, offset, size}, 0);
    enum status status = OK;
    struct memory *clone;
    if (progress->object == nullptr) {
        TRY(memory_clone_make(process_current(), source, offset, size, &clone));
        progress->object = &clone->object;
    }
    clone = (struct memory *)progress->object;
    while (status == OK && progress->position < clone->size) {
        status = memory_clone_step(clone, source, offset, &progress->position);
        status = progress_go_on(status);
    }
    return finish(progress, status, RIGHTS_RAM, handle);
}

enum status sys_memory_seal(struct memory *memory)
{
    return memory_seal(memory);
}

enum status sys_memory_size(struct memory *memory, size_t *size, size_t *committed)
{
    *size = memory->size;
    *committed = memory->pages.count << PAGE_SHIFT;
    return OK;
}

enum status sys_memory_resize(struct memory *memory, size_t size)
{
    if (memory->kind != MEMORY_RAM) return ERR_NOT_SUPPORTED;
    if (memory->sealed) return ERR_BAD_STATE;
    uint64_t wanted = size, rounded = (wanted + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
    if (wanted == 0 || wanted > MEMORY_SIZE_MAX) return ERR_BAD_ARGUMENT;
    if (ARCH_SPACE_IDENTITY) {
        if (rounded > memory->size) return ERR_NOT_SUPPORTED; // others have what is behind it
        if (memory->has_run) TRY(memory_gather(memory));
    }
    // Also when it grows: another call, that was not made again, may have left something there.
    while (!memory_shrink_step(memory, rounded < memory->size ? rounded : memory->size)) {
        if (progress_should_stop()) return CALL_RESTART;
    }
    memory->size = rounded;
    return OK;
}

enum status sys_memory_reclaim(void)
{
    struct progress *progress = progress_get((const void *)sys_memory_reclaim, (uint64_t[3]){}, 0);
    while (reap_earlier(&progress->position)) {
        if (progress_should_stop()) return CALL_RESTART;
    }
    progress_end(progress);
    return OK;
}

enum status sys_memory_window(struct resource *resource, uint64_t address, size_t size,
                              uint32_t cache, fe_handle *handle)
{
    if (size == 0 || address % PAGE_SIZE != 0 || size % PAGE_SIZE != 0) return ERR_BAD_ARGUMENT;
    TRY(resource_check(resource, RESOURCE_MEMORY, address, size));
    // RAM that the kernel gives out belongs to those who were given it.
    if (page_range_is_managed(address, size)) return ERR_NO_RIGHT;
    struct memory *memory;
    TRY(memory_window_make(process_current(), address, size, cache, &memory));
    return hand_over(memory, RIGHTS_DEVICE, handle);
}

enum status sys_memory_contiguous(struct resource *resource, size_t size, uint32_t cache,
                                  uint64_t highest, fe_handle *handle, uint64_t *address)
{
    TRY(resource_check(resource, RESOURCE_DMA, 0, size));
    if (cache > MEMORY_CACHED) return ERR_BAD_ARGUMENT;
    struct progress *progress =
        progress_get(sys_memory_contiguous, (uint64_t[3]){size, cache, highest}, 0);
    enum status status = OK;
    struct memory *memory;
    if (progress->object == nullptr) {
        bool below_4g = highest != 0 && highest != UINT64_MAX;
        TRY(memory_contiguous_make(process_current(), size, cache, below_4g, &memory));
        progress->object = &memory->object;
        memory->dma = resource;
        object_get(&resource->object);
    }
    memory = (struct memory *)progress->object;
    if (status == OK && highest != 0 && memory->physical + memory->size - 1 > highest)
        status = ERR_NO_MEMORY;
    while (status == OK && progress->position < memory->size) {
        status = progress_go_on(memory_contiguous_step(memory, &progress->position));
    }
    if (status == OK) *address = memory->physical;
    return finish(progress, status, RIGHTS_DEVICE, handle);
}

enum status sys_memory_physical(struct memory *memory, uint64_t offset, uint64_t *address)
{
    if (memory->kind == MEMORY_RAM) return ERR_NOT_SUPPORTED; // its pages come and go
    if (offset >= memory->size) return ERR_BAD_ARGUMENT;
    *address = memory->physical + offset;
    return OK;
}

enum : size_t { COPY_PIECE = 2048 };

// Copies one piece, within a page, between the object and the current process; or makes the page
// the object's own, with *size zero then: each may take a page, and both together too long.
static enum status copy_piece(struct memory *memory, uint64_t offset, uintptr_t address,
                              size_t *piece, bool write)
{
    uint64_t physical;
    size_t size = *piece;
    if (write) TRY(memory_settle(memory));
    struct page *page = memory_peek(memory, offset);
    if (write && (page == nullptr || !memory_owns(memory, offset, page))) {
        *piece = 0;
        return memory_page(memory, offset, true, &page, &physical);
    }
    if (page == nullptr) return user_write(address, zeros, size);
    if (write) page->is_fetchable = false;
    uint8_t *at = (uint8_t *)page_address(page) + offset % PAGE_SIZE;
    return write ? user_read(at, address, size) : user_write(address, at, size);
}

// Ends where a page of the process ends, too: where one has to be got, that comes first, and not
// behind a part that is copied already.
static size_t piece_size(uint64_t offset, uintptr_t address, size_t left)
{
    size_t room = COPY_PIECE - offset % COPY_PIECE, rest = PAGE_SIZE - address % PAGE_SIZE;
    size_t size = left < room ? left : room;
    return user_copy_step(address, (uintptr_t)offset, size < rest ? size : rest);
}

static enum status copy(const void *call, struct memory *memory, uint64_t offset,
                        struct user_buffer data, bool write)
{
    if (memory->kind == MEMORY_PHYSICAL) return ERR_NOT_SUPPORTED;
    if (write && memory->sealed) return ERR_BAD_STATE;
    if (offset > memory->size || data.size > memory->size - offset) return ERR_BAD_ARGUMENT;
    struct progress *progress =
        progress_get(call, (uint64_t[3]){memory->object.id, offset, data.address}, 0);
    enum status status = OK;
    while (status == OK && progress->position < data.size) {
        uint64_t at = offset + progress->position;
        uintptr_t address = data.address + (uintptr_t)progress->position;
        size_t part = piece_size(at, address, data.size - (size_t)progress->position);
        status = copy_piece(memory, at, address, &part, write);
        if (status == OK) progress->position += part;
        status = progress_go_on(status);
    }
    if (status != CALL_RESTART) progress_end(progress);
    return status;
}

enum status sys_memory_read(struct memory *memory, uint64_t offset, struct user_buffer data)
{
    return copy(sys_memory_read, memory, offset, data, false);
}

enum status sys_memory_write(struct memory *memory, uint64_t offset, struct user_buffer data)
{
    return copy(sys_memory_write, memory, offset, data, true);
}
