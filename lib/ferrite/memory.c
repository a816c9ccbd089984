// SPDX-License-Identifier: MIT
// Mapping memory objects into the program's own address space.
#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/memory.h>

enum status fe_memory_map(fe_handle memory, uint64_t offset, size_t size, uint32_t flags,
                          void **address)
{
    uintptr_t at;
    TRY(fe_process_map(fe_process_self(), memory, offset, fe_page_round(size), 0, flags, &at));
    *address = (void *)at;
    return OK;
}

enum status fe_memory_unmap(void *address, size_t size)
{
    return fe_process_unmap(fe_process_self(), (uintptr_t)address, fe_page_round(size));
}

enum status fe_memory_allocate(size_t size, void **address)
{
    FE_HANDLE memory = FE_NO_HANDLE;
    TRY(fe_memory_create(fe_page_round(size), 0, &memory));
    return fe_memory_map(memory, 0, size, MAP_READ | MAP_WRITE, address);
}
