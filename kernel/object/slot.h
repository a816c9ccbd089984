// SPDX-License-Identifier: MIT
// Thread numbers in tokens: a table of slots that grows. A slot remembers how far its threads'
// calls were counted, so no token ever names two calls. Guarded by the kernel lock.
#pragma once

#include <abi/status.h>
#include <stdint.h>

struct thread;

void slot_init_all(void);

// Gives `thread` a slot and the sequence that its calls go on from. ERR_NO_MEMORY.
enum status slot_take(struct thread *thread);
void slot_give_back(struct thread *thread);
