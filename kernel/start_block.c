// SPDX-License-Identifier: MIT
// Start blocks: strings behind the header as they come, tables last.
#include "kernel/start_block.h"
#include "kernel/random.h"
#include "kernel/log.h"
#include "kernel/string.h"

static uint32_t put(struct start_block *block, const void *what, size_t size)
{
    ASSERT(size <= START_BLOCK_SIZE - block->used - 8);
    block->used = (block->used + 7) & ~7u;
    uint32_t at = block->used;
    memcpy(block->bytes + at, what, size);
    block->used += (uint32_t)size;
    return at;
}

void start_block_init(struct start_block *block)
{
    memset(block, 0, sizeof *block);
    block->used = sizeof block->start;
    block->start.magic = FE_START_MAGIC;
    block->start.version = FE_START_VERSION;
    random_fill(block->start.random, sizeof block->start.random);
}

void start_block_handle(struct start_block *block, const char *name, fe_handle handle,
                        uint64_t value)
{
    ASSERT(block->handle_count < START_HANDLES_MAX);
    uint32_t at = put(block, name, strlen(name) + 1);
    block->handle[block->handle_count++] = (struct fe_start_handle){at, handle, value};
}

void start_block_finish(struct start_block *block, const char *argument)
{
    uint32_t text = put(block, argument, strlen(argument) + 1);
    block->start.argument_count = 1;
    block->start.arguments = put(block, &text, sizeof text);
    block->start.environment = block->start.arguments;
    block->start.directory = put(block, "/", sizeof "/");
    block->start.handle_count = block->handle_count;
    block->start.handles = put(block, block->handle, block->handle_count * sizeof block->handle[0]);
    block->used = (block->used + 15) & ~15u;
    block->start.size = block->used;
}
