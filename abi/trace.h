// SPDX-License-Identifier: MIT
// What the kernel tells about itself while it is traced: a ring of records for each CPU, in memory
// that the kernel alone writes and that whoever made the ring (trace_create) maps for reading. The
// memory begins with a struct fe_trace_head; the records follow at FE_TRACE_RECORDS.
//
// A reader takes records from its own position up to `next` (load-acquire), then loads `next`
// again: what lies further back than `capacity` - 1 before that may have been overwritten while it
// was copied and counts as lost. lib/trace does so.
#pragma once

#include <stdint.h>

struct fe_trace_head {
    uint64_t next;     // number of the record that will be written next; the first one is 0
    uint32_t capacity; // records, a power of two: number n lies at n % capacity
    uint32_t cpu;
};
static_assert(sizeof(struct fe_trace_head) == 16);

enum : uint32_t { FE_TRACE_RECORDS = 4096, FE_TRACE_SIZE_MAX = 4u << 20 }; // bytes

// What a record tells. `thread` and `process` are the ids of who ran (0: nobody); `detail` and the
// words depend on the kind, and those that are not named are zero.
enum fe_trace_kind : uint16_t {
    TRACE_SWITCH,  // who runs from here; word: 0 who ran until here, 1 priority (64: idle)
    TRACE_CALL,    // system call `detail` begins; words: its first four registers
    TRACE_RETURN,  // it ends; word: 0 status or TRACE_WAITS, TRACE_AGAIN; 1 register 1
    TRACE_REQUEST, // a message has come; word: 0 thread of the caller, 1 token, 2 label, 3 badge
    TRACE_REPLY,   // an answer was given; word: 0 thread of the caller, 1 token, 2 label
    TRACE_WAKE,    // a thread may run; word: 0 thread, 1 its process, 2 priority; detail: its state
    TRACE_TIMER,   // a timer fires; word: 0 when it was due, 1 how much later it is now, ns
    TRACE_INTERRUPT, // of a device, its number in `detail`; word: 0 id of the event told
    TRACE_FAULT,     // `detail`: enum fault_reason; word: 0 address, 1 program counter, 2 status
    TRACE_PRIORITY,  // a thread's changes; word: 0 thread, 1 from, 2 to, 3 deadline in ns or 0
    TRACE_RELEASE,   // a thread's period begins; word: 0 thread, 1 since when, 2 its deadline, ns
    TRACE_MISS,      // it did not finish in time; word: 0 thread, 1 how many deadlines
    TRACE_OVERRUN,   // it has used its budget up; word: 0 thread
    TRACE_PROCESS,   // `process` was made; words: its name
    TRACE_EXIT,      // `process` has ended; word: 0 exit code
    TRACE_KIND_COUNT,
    TRACE_LOST = 0xffff, // by /dev/trace, not the kernel: word 0 so many of this CPU's are missing
};

// What TRACE_RETURN says when the call is not over: the thread waits and gets the result before it
// runs again; or the call was cut short for an interrupt and is made again.
enum : uint64_t { TRACE_WAITS = 1, TRACE_AGAIN = 2 };

struct fe_trace_record {
    uint64_t counter; // of the clock page (abi/clock.h)
    uint64_t process, thread;
    enum fe_trace_kind kind;
    uint16_t cpu;
    uint32_t detail;
    uint64_t word[4];
};
static_assert(sizeof(struct fe_trace_record) == 64);
