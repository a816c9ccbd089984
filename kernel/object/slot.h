// SPDX-License-Identifier: MIT
// Thread numbers in tokens: a table of slots that grows. A slot remembers how far its threads'
// calls were counted, so no token ever names two calls. Guarded by the kernel lock.
#pragma once

#include <abi/status.h>
#include <stdint.h>

struct thread;

void slot_init_all(void);

// A token names a thread's call, and no other call ever: the slot, and above it how many calls
// there were.
enum : uint32_t { TOKEN_SLOT_BITS = 23 };
enum : uint64_t { TOKEN_STEP = 1u << TOKEN_SLOT_BITS };

// Gives `thread` a slot and the token that its calls go on from. ERR_NO_MEMORY.
enum status slot_take(struct thread *thread);
void slot_give_back(struct thread *thread);
