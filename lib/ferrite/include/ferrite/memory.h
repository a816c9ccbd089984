// SPDX-License-Identifier: MIT
// Mapping memory objects into the program's own address space.
#pragma once

#include <abi/object.h>
#include <abi/status.h>
#include <stddef.h>

enum : size_t { FE_PAGE_SIZE = 4096 };

static inline size_t fe_page_round(size_t size)
{
    return (size + FE_PAGE_SIZE - 1) & ~(FE_PAGE_SIZE - 1);
}

fe_handle fe_process_self(void);

// Maps [offset, offset + size) of `memory` (the caller keeps the handle), rounded up to pages.
enum status fe_memory_map(fe_handle memory, uint64_t offset, size_t size, uint32_t flags,
                          void **address);
enum status fe_memory_unmap(void *address, size_t size);

// The same for all of the archive that the program's own image may be in, for reading. Where
// addresses are physical ones, the program is executed there, and what is mapped already cannot be
// mapped once more: what is around it is.
enum status fe_archive_map(fe_handle memory, size_t size, const void **address);
enum status fe_archive_unmap(const void *address, size_t size);

// New zeroed memory, mapped for reading and writing.
enum status fe_memory_allocate(size_t size, void **address);
