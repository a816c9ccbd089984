// SPDX-License-Identifier: MIT
// The rings of all CPUs, as this service has them mapped. One thread, no locks.
#pragma once

#include <abi/object.h>
#include <abi/status.h>
#include <trace/trace.h>

struct ring {
    const struct fe_trace_head *head;
    fe_handle memory;
    uint64_t due; // records before this one are to be given to who waits
};

extern struct ring *rings;
extern uint32_t ring_count;
extern uint64_t rings_made; // how many times: cursors into others are void

// Makes one of `capacity` records for each CPU, in the place of those that are there.
enum status rings_create(fe_handle resource, uint32_t capacity);
void rings_destroy(void);

// What has been written up to now is due.
void rings_flush(void);

// Records ever written into the rings that are there.
uint64_t rings_written(void);
