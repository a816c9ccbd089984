// SPDX-License-Identifier: MIT
// The table of descriptors: an array that doubles. Free slots are found by looking upwards, as
// programs expect the lowest number.
#include "descriptor.h"
#include "file.h"
#include <errno.h>
#include <stdlib.h>

static long grow(struct descriptor_table *table, long number)
{
    if (number < (long)table->capacity) return 0;
    uint32_t capacity = table->capacity == 0 ? 16 : table->capacity;
    while ((long)capacity <= number) capacity *= 2;
    struct descriptor *entries = realloc(table->entries, capacity * sizeof *entries);
    if (entries == nullptr) return -ENOMEM;
    for (uint32_t i = table->capacity; i < capacity; i++) entries[i] = (struct descriptor){};
    table->entries = entries;
    table->capacity = capacity;
    return 0;
}

long descriptor_add(struct descriptor_table *table, struct file *file, long lowest,
                    bool close_on_exec)
{
    if (lowest < 0 || lowest >= DESCRIPTOR_LIMIT) return -EINVAL;
    bool is_lowest = lowest <= (long)table->free_from;
    long number = is_lowest ? (long)table->free_from : lowest;
    while (descriptor_find(table, number) != nullptr) number++;
    if (number >= DESCRIPTOR_LIMIT) return -EMFILE;
    long error = grow(table, number);
    if (error < 0) return error;
    table->entries[number] = (struct descriptor){file, close_on_exec};
    if (is_lowest) table->free_from = (uint32_t)number + 1;
    return number;
}

long descriptor_place(struct descriptor_table *table, long number, struct descriptor entry,
                      struct file **before)
{
    if (number < 0 || number >= DESCRIPTOR_LIMIT) return -EBADF;
    long error = grow(table, number);
    if (error < 0) return error;
    *before = table->entries[number].file;
    table->entries[number] = entry;
    return 0;
}

struct file *descriptor_take(struct descriptor_table *table, long number)
{
    struct file *file = descriptor_find(table, number);
    if (file == nullptr) return nullptr;
    table->entries[number] = (struct descriptor){};
    if (number < (long)table->free_from) table->free_from = (uint32_t)number;
    return file;
}

long descriptor_copy(const struct descriptor_table *from, struct descriptor_table *to)
{
    *to = (struct descriptor_table){};
    if (from->capacity == 0) return 0;
    to->entries = malloc(from->capacity * sizeof *to->entries);
    if (to->entries == nullptr) return -ENOMEM;
    to->capacity = from->capacity;
    to->free_from = from->free_from;
    for (uint32_t i = 0; i < from->capacity; i++) {
        to->entries[i] = from->entries[i];
        if (to->entries[i].file != nullptr) file_get(to->entries[i].file);
    }
    return 0;
}

void descriptor_clear(struct descriptor_table *table)
{
    for (uint32_t i = 0; i < table->capacity; i++) {
        if (table->entries[i].file != nullptr) file_put(table->entries[i].file);
    }
    free(table->entries);
    *table = (struct descriptor_table){};
}
