// SPDX-License-Identifier: MIT
// A start block (abi/start.h) in the making, for init: everybody else's is made by its parent.
#pragma once

#include <abi/start.h>
#include <stddef.h>

enum : size_t { START_BLOCK_SIZE = 2048, START_HANDLES_MAX = 24 };

struct start_block {
    union {
        struct fe_start start;
        uint8_t bytes[START_BLOCK_SIZE];
    };
    struct fe_start_handle handle[START_HANDLES_MAX];
    uint32_t handle_count, used;
};

void start_block_init(struct start_block *block);
void start_block_handle(struct start_block *block, const char *name, fe_handle handle,
                        uint64_t value);

// Puts everything in its place: start.size bytes from `bytes` on are the block.
void start_block_finish(struct start_block *block, const char *argument);
