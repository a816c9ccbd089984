// SPDX-License-Identifier: MIT
// The messages once more, in memory that outlives the service (lib/kept), so that the next one has
// them when the kernel has them no longer.
#pragma once

#include "store.h"

enum : size_t { RECORDS_MAX = 16 }; // of one message

size_t memory_records(const char *name, size_t size); // how many one takes
void memory_keep(struct message *message);
void memory_drop(const struct message *message);

// What an earlier service had, in the order in which it was said. `each` gives the message that has
// it now; nullptr: it is dropped.
void memory_each(void *context,
                 struct message *(*each)(void *context, const struct said *said, uint64_t number));
