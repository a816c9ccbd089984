// SPDX-License-Identifier: MIT
// Shared mappings of files, in a list: programs have few. Nothing is allocated or closed but for
// ranges that have one, so malloc may map and unmap its own.
#include "mapping.h"
#include "file.h"
#include <ferrite/lock.h>
#include <stdlib.h>

static struct fe_lock lock;
static struct mapping *all;

static bool meets(const struct mapping *mapping, uintptr_t start, uintptr_t end)
{
    return mapping->start < end && start < mapping->end;
}

void mapping_add(struct mapping *mapping, struct file *file, uintptr_t start, size_t size)
{
    file_get(file);
    file->is_mapped = true;
    fe_lock_take(&lock);
    *mapping = (struct mapping){.next = all, .file = file, .start = start, .end = start + size};
    all = mapping;
    fe_lock_release(&lock);
}

// The part behind `end`. Without memory for that, all stays and the file is held for longer.
static void split(struct mapping *mapping, uintptr_t start, uintptr_t end)
{
    struct mapping *rest = malloc(sizeof *rest);
    if (rest == nullptr) return;
    file_get(mapping->file);
    *rest = *mapping;
    rest->start = end;
    mapping->end = start;
    mapping->next = rest;
}

static struct mapping *take_out(uintptr_t start, uintptr_t end)
{
    struct mapping *gone = nullptr, *at;
    for (struct mapping **place = &all; (at = *place) != nullptr;) {
        if (meets(at, start, end) && start <= at->start && end >= at->end) {
            *place = at->next;
            at->next = gone;
            gone = at;
            continue;
        }
        if (meets(at, start, end) && start <= at->start)
            at->start = end;
        else if (meets(at, start, end) && end >= at->end)
            at->end = start;
        else if (meets(at, start, end))
            split(at, start, end);
        place = &at->next;
    }
    return gone;
}

void mapping_remove(uintptr_t start, size_t size)
{
    if (__atomic_load_n(&all, __ATOMIC_RELAXED) == nullptr) return;
    fe_lock_take(&lock);
    struct mapping *gone = take_out(start, start + size);
    fe_lock_release(&lock);
    while (gone != nullptr) {
        struct mapping *next = gone->next;
        file_put(gone->file);
        free(gone);
        gone = next;
    }
}

// The file of the first mapping in the range, held; `*start` becomes where that ends.
static struct file *hold_next(uintptr_t *start, uintptr_t end)
{
    struct mapping *first = nullptr;
    struct file *file = nullptr;
    fe_lock_take(&lock);
    for (struct mapping *at = all; at != nullptr; at = at->next) {
        if (meets(at, *start, end) && (first == nullptr || at->start < first->start)) first = at;
    }
    if (first != nullptr) {
        file = first->file;
        file_get(file);
        *start = first->end;
    }
    fe_lock_release(&lock);
    return file;
}

bool mapping_is(uintptr_t start, size_t size)
{
    if (__atomic_load_n(&all, __ATOMIC_RELAXED) == nullptr) return false;
    uintptr_t at = start;
    struct file *file = hold_next(&at, start + size);
    if (file != nullptr) file_put(file);
    return file != nullptr;
}

int mapping_sync(uintptr_t start, size_t size)
{
    uintptr_t end = start + size;
    int result = 0;
    for (struct file *file; start < end && (file = hold_next(&start, end)) != nullptr;) {
        int error = p9_sync(file->p9);
        if (result == 0) result = error;
        file_put(file);
    }
    return result;
}
