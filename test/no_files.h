// SPDX-License-Identifier: MIT
// For tests and fuzzers: a namespace without files. Included once, by the program itself.
#pragma once

#include <9p/client.h>
#include <abi/errno.h>

int p9_open(const char *path, uint32_t flags, uint32_t mode, struct p9_file **file)
{
    return -ENOENT;
}

int p9_file_stat(struct p9_file *file, struct fe_9p_attributes *attributes)
{
    return -EIO;
}

int64_t p9_read(struct p9_file *file, uint64_t offset, void *to, size_t count)
{
    return -EIO;
}

int p9_close(struct p9_file *file)
{
    return 0;
}
