// SPDX-License-Identifier: MIT
// Where an entry has no room to say how much is in the table that it points to: the references of
// the table's page say it, above the one that every used page has. Guarded by the kernel lock.
#pragma once

#include "kernel/memory/page.h"

static inline uint64_t entry_physical(uint64_t entry); // the port's

static inline bool table_count(const uint64_t *holder, int32_t change)
{
    struct page *page = page_of(entry_physical(*holder));
    page->references += (uint32_t)change;
    return page->references > 1;
}
