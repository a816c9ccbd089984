// SPDX-License-Identifier: MIT
// The system calls that change a process's address space. A range is worked through in steps;
// between them an interrupt makes the call restart where it was.
#include "kernel/memory/page.h"
#include "kernel/memory/progress.h"
#include "kernel/object/handle.h"
#include "kernel/object/memory.h"
#include "kernel/object/process.h"
#include "kernel/syscall.h"
#include "kernel/syscalls.h"

static bool is_range(uintptr_t address, size_t size)
{
    return address % PAGE_SIZE == 0 && size > 0 && user_range_is_valid(address, size);
}

static size_t round_up(size_t size)
{
    return (size + PAGE_SIZE - 1) & ~(size_t)(PAGE_SIZE - 1);
}

static uint32_t access_of_rights(uint32_t rights)
{
    return (rights & RIGHT_MEMORY_READ ? MAP_READ : 0) |
           (rights & RIGHT_MEMORY_WRITE ? MAP_WRITE : 0) |
           (rights & RIGHT_MEMORY_EXECUTE ? MAP_EXECUTE : 0);
}

// Unmaps up to `end`, from `address` or from where an earlier try came.
[[gnu::noinline]] static enum status unmap_steps(const void *call, struct process *process,
                                                 uintptr_t address, uintptr_t end)
{
    struct progress *progress = progress_get(call, (uint64_t[3]){process->object.id, end}, address);
    enum status status = OK;
    while (status == OK && progress->position < end) {
        uintptr_t at = progress->position;
        status = space_unmap(&process->space, &at, end);
        progress->position = at;
        if (status != OK || at < end) status = progress_go_on(status);
    }
    if (status != CALL_RESTART) progress_end(progress);
    return status;
}

// Unmaps [address, address + size), which is a range. Most are done in one step, which leaves no
// progress to be kept.
static enum status unmap(const void *call, struct process *process, uintptr_t address, size_t size)
{
    uintptr_t end = address + round_up(size);
    if (progress_is_idle() && space_unmap(&process->space, &address, end) == OK && address >= end)
        return OK;
    return unmap_steps(call, process, address, end);
}

enum status sys_process_map(struct process *process, fe_handle handle, uint64_t offset, size_t size,
                            uintptr_t address, uint32_t flags, uintptr_t *result)
{
    enum : uint32_t {
        ALL = MAP_READ | MAP_WRITE | MAP_EXECUTE | MAP_FIXED | MAP_REPLACE | MAP_GUARD
    };
    struct handle_entry entry;
    TRY(handle_find_any(handle, RIGHT_MEMORY_MAP, &entry));
    if (entry.object->type != OBJECT_MEMORY) return ERR_WRONG_TYPE;
    if (process->ending) return ERR_BAD_STATE;
    if (flags & ~ALL || size > ARCH_USER_END) return ERR_BAD_ARGUMENT;
    struct space_view view = {.memory = (struct memory *)entry.object,
                              .offset = offset,
                              .size = round_up(size),
                              .flags = flags,
                              .allowed = access_of_rights(entry.rights)};
    if (flags & MAP_REPLACE) {
        if (!(flags & MAP_FIXED) || !is_range(address, size)) return ERR_BAD_ARGUMENT;
        TRY(space_fixed_check(&view, address));
        if (!space_is_free(&process->space, address, address + view.size))
            TRY(unmap(sys_process_map, process, address, size));
        else if (!progress_is_idle())
            progress_end(&thread_current()->progress); // another thread has done the rest
    }
    TRY(space_map(&process->space, &view, &address));
    *result = address;
    return OK;
}

enum status sys_process_unmap(struct process *process, uintptr_t address, size_t size)
{
    if (!is_range(address, size)) return ERR_BAD_ARGUMENT;
    if (process->ending) return ERR_BAD_STATE;
    return unmap(sys_process_unmap, process, address, size);
}

enum status sys_process_protect(struct process *process, uintptr_t address, size_t size,
                                uint32_t flags)
{
    if (!is_range(address, size)) return ERR_BAD_ARGUMENT;
    if (process->ending) return ERR_BAD_STATE;
    struct progress *progress = progress_get(
        sys_process_protect, (uint64_t[3]){process->object.id, address, size << 8 | (flags & 0xff)},
        address);
    uintptr_t end = address + round_up(size);
    enum status status = OK;
    while (status == OK && progress->position < end) {
        uintptr_t at = progress->position;
        status = space_protect(&process->space, &at, end, flags);
        progress->position = at;
        status = progress_go_on(status);
    }
    if (status != CALL_RESTART) progress_end(progress);
    return status;
}
