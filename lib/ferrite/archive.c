// SPDX-License-Identifier: MIT
// Mapping the archive that the program comes from, around its text, if that is executed in there.
#include <arch/user/syscall.h>
#include <ferrite/memory.h>
#include <stdint.h>

// Set by build/user.ld.
[[gnu::visibility("hidden")]] extern const char __image_start[];
[[gnu::visibility("hidden")]] extern const uint32_t __data_offset[];

// Offsets in the archive; where it is not in there, nothing behind the first page, which is never a
// part of it: before text come the headers of the image.
struct own {
    size_t from, end;
};

static struct own own_of(const void *archive, size_t size)
{
    size_t from = (size_t)(__image_start - (const char *)archive);
    if (!DATA_IS_APART || from >= size) return (struct own){FE_PAGE_SIZE, FE_PAGE_SIZE};
    return (struct own){from, from + *__data_offset};
}

static enum status map_part(fe_handle memory, size_t from, size_t end)
{
    void *address;
    return from >= end ? OK : fe_memory_map(memory, from, end - from, MAP_READ, &address);
}

static enum status unmap_part(const void *archive, size_t from, size_t end)
{
    return from >= end ? OK : fe_memory_unmap((char *)(uintptr_t)archive + from, end - from);
}

enum status fe_archive_map(fe_handle memory, size_t size, const void **address)
{
    void *at;
    TRY(fe_memory_map(memory, 0, DATA_IS_APART ? FE_PAGE_SIZE : size, MAP_READ, &at));
    *address = at;
    if (!DATA_IS_APART) return OK;
    struct own own = own_of(at, size);
    enum status status = map_part(memory, FE_PAGE_SIZE, own.from);
    if (status == OK) status = map_part(memory, own.end, size);
    if (status != OK) (void)fe_archive_unmap(at, size);
    return status;
}

enum status fe_archive_unmap(const void *address, size_t size)
{
    struct own own = own_of(address, size);
    TRY(unmap_part(address, 0, own.from));
    return unmap_part(address, own.end, size);
}
