// SPDX-License-Identifier: MIT
// The descriptor table, with files that only count their references.
#include "descriptor.h"
#include "file.h"
#include "test/unit.h"
#include <errno.h>

static struct file files[3];

// Nobody drops the last reference.
int file_destroy(struct file *file)
{
    file->references = UINT32_MAX;
    return 0;
}

static void reset(struct descriptor_table *table)
{
    *table = (struct descriptor_table){};
    for (unsigned i = 0; i < 3; i++) files[i] = (struct file){.references = 10};
}

TEST("an empty table owns nothing and finds nothing")
{
    struct descriptor_table table = {};
    EXPECT(descriptor_find(&table, 0) == nullptr);
    EXPECT(descriptor_find(&table, -1) == nullptr);
    EXPECT(descriptor_take(&table, 3) == nullptr);
    descriptor_clear(&table);
}

TEST("the lowest free number is given, from a bound on")
{
    struct descriptor_table table;
    reset(&table);
    EXPECT(descriptor_add(&table, &files[0], 0, false) == 0);
    EXPECT(descriptor_add(&table, &files[1], 0, true) == 1);
    EXPECT(descriptor_add(&table, &files[2], 100, false) == 100);
    EXPECT(descriptor_take(&table, 0) == &files[0]);
    EXPECT(descriptor_add(&table, &files[2], 0, false) == 0);
    EXPECT(table.entries[1].close_on_exec);
    EXPECT(descriptor_add(&table, &files[0], -1, false) == -EINVAL);
    descriptor_clear(&table);
    EXPECT(files[2].references == 8);
}

TEST("placing gives back what was there")
{
    struct descriptor_table table;
    struct file *before;
    reset(&table);
    EXPECT(descriptor_place(&table, 5, (struct descriptor){&files[0], false}, &before) == 0);
    EXPECT(before == nullptr);
    EXPECT(descriptor_place(&table, 5, (struct descriptor){&files[1], false}, &before) == 0);
    EXPECT(before == &files[0]);
    EXPECT(descriptor_place(&table, DESCRIPTOR_LIMIT, (struct descriptor){&files[1], false},
                            &before) == -EBADF);
    descriptor_clear(&table);
}

TEST("a copy holds references of its own")
{
    struct descriptor_table table, copy;
    reset(&table);
    EXPECT(descriptor_add(&table, &files[0], 7, true) == 7);
    EXPECT(descriptor_copy(&table, &copy) == 0);
    EXPECT(files[0].references == 11);
    EXPECT(descriptor_find(&copy, 7) == &files[0]);
    EXPECT(copy.entries[7].close_on_exec);
    descriptor_clear(&copy);
    EXPECT(files[0].references == 10);
    descriptor_clear(&table);
}

TEST("the lowest free number is found again after any give and take")
{
    struct descriptor_table table;
    struct file *before;
    reset(&table);
    for (long i = 0; i < 8; i++) EXPECT(descriptor_add(&table, &files[0], 0, false) == i);
    EXPECT(descriptor_take(&table, 5) != nullptr && descriptor_take(&table, 2) != nullptr);
    EXPECT(descriptor_add(&table, &files[1], 3, false) == 5);
    EXPECT(descriptor_add(&table, &files[1], 0, false) == 2);
    EXPECT(descriptor_add(&table, &files[1], 0, false) == 8);
    EXPECT(descriptor_take(&table, 0) != nullptr);
    EXPECT(descriptor_place(&table, 0, (struct descriptor){&files[2], false}, &before) == 0);
    EXPECT(before == nullptr && descriptor_add(&table, &files[2], 0, false) == 9);
    files[0].references = files[1].references = files[2].references = 100;
    descriptor_clear(&table);
}
