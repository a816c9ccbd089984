// SPDX-License-Identifier: MIT
// The table from descriptor numbers to open files. Grows; an empty one owns nothing. The caller
// holds the lock of the table's owner. Errors are negative errno values of the C library.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct file; // counted: file_get, file_put

struct descriptor {
    struct file *file; // nullptr: free
    bool close_on_exec;
};

struct descriptor_table {
    struct descriptor *entries;
    uint32_t capacity;
    uint32_t free_from; // no lower number is free
};

enum : long { DESCRIPTOR_LIMIT = 65536 }; // RLIMIT_NOFILE

// The file behind `number`, or nullptr. No reference is taken.
static inline struct file *descriptor_find(const struct descriptor_table *table, long number)
{
    return (unsigned long)number < table->capacity ? table->entries[number].file : nullptr;
}

// Puts `file` (whose reference moves in) at the lowest free number from `lowest` on; gives the
// number, -EMFILE, -EINVAL or -ENOMEM.
long descriptor_add(struct descriptor_table *table, struct file *file, long lowest,
                    bool close_on_exec);

// Puts `file` at exactly `number`; what was there comes out in *before (nullptr: nothing). 0,
// -EBADF, -ENOMEM.
long descriptor_place(struct descriptor_table *table, long number, struct descriptor entry,
                      struct file **before);

// Takes out what is at `number`; nullptr: nothing was. Its reference becomes the caller's.
struct file *descriptor_take(struct descriptor_table *table, long number);

// A copy that holds references of its own. 0 or -ENOMEM.
long descriptor_copy(const struct descriptor_table *from, struct descriptor_table *to);

// Drops all that is in it.
void descriptor_clear(struct descriptor_table *table);
