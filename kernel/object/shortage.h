// SPDX-License-Identifier: MIT
// Who wants to know when memory is short: one event of each process, signalled once when less than
// it said is left of the quota that it draws on, or when somebody is refused who asks for so much
// that less would be left. For those who hold what they can do without, such as caches. Guarded by
// the kernel lock.
#pragma once

#include <abi/status.h>
#include <stdint.h>

struct event;
struct process;
struct quota;

// In place of what `process` said before; no bits: nothing. At once when less is left already.
// ERR_NO_MEMORY, ERR_QUOTA: only by the first call of a process.
enum status shortage_watch(struct process *process, struct event *event, uint64_t bits,
                           uint64_t least);

// So many bytes of the quota are used, or would be: signals who wanted to know, a few at once, the
// others with the next charge.
void shortage_tell(struct quota *quota, uint64_t used);

void shortage_forget(struct process *process); // it ends
void shortage_init(void);
