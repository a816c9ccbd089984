// SPDX-License-Identifier: MIT
// Processes: a handle table, an address space, a namespace, a quota and threads. Life: BUILDING
// (its parent grants and maps), RUNNING, then its end in bounded steps (threads, handles; now it is
// DEAD and watchers know; then the address space, by the reaper). The structure itself stays while
// anything is charged to it. Guarded by the kernel lock.
#pragma once

#include "kernel/list.h"
#include "kernel/memory/space.h"
#include "kernel/object/object.h"
#include "kernel/object/quota.h"
#include "kernel/object/reap.h"
#include "kernel/object/thread.h"
#include "kernel/object/watch.h"
#include "kernel/tree.h"
#include <abi/manifest.h>

struct event;
struct channel;
struct handle_slot;
struct image;
struct namespace;
struct session;
struct shortage;
struct thread;

// What its image allows it to hold (abi/manifest.h).
struct entitlement {
    uint32_t object_kinds, resource_kinds;
    uint64_t memory_ceiling;
    uint32_t priority_ceiling;
};

enum : uint32_t { HANDLE_PAGES_INLINE = 4 };

// A handle by which a message went last (kernel/object/fast.c), a session's or a channel's; 0:
// none, and `object` one that is good for nothing.
struct last_handle {
    struct object *object;
    uint32_t handle;
};

struct handle_table {
    struct last_handle last_session, last_channel;
    struct handle_slot **page; // directory: inline_page, or a page of pointers
    uint64_t mask;             // of an index: the directory's slots less one; 0: it has no page
    struct handle_slot *inline_page[HANDLE_PAGES_INLINE];
    uint32_t page_count, capacity;  // pages present; pointers that fit into the directory
    uint32_t free_first, free_last; // queue of free slots, UINT32_MAX: none
    uint32_t fresh; // slots from here on were never used; they come before those of the queue
    uint32_t used, limit;
    uint32_t closing; // how far handle_close_some got
};

// The current thread goes last: it may be the one that runs its process's end.
enum process_phase : uint8_t {
    PROCESS_END_THREADS,
    PROCESS_END_HANDLES,
    PROCESS_END_SELF,
    PROCESS_END_SPACE
};

// How far the report of the fault that ends a process has come.
struct fault_report {
    uintptr_t base; // of the next frame record
    uint8_t line, depth;
    bool is_due, is_behind; // still to be told; not all on the console that is told
};

struct process {
    struct object object;
    struct handle_table handles;
    struct space space;
    struct quota *quota;
    uint64_t memory_used;      // bytes, its own part of the quota's
    struct shortage *shortage; // nullptr: it never wanted to know
    bool owns_quota;           // the quota was made for it
    uint32_t own_handles;      // BUILDING: to itself, in its own table
    uint32_t charged;          // objects whose owner it is: they keep the structure
    struct list threads;
    struct tree by_number; // threads
    uint32_t thread_count, thread_limit;
    struct tree mutexes;       // by address of the word
    struct tree futex_waiters; // threads by address of the word
    struct namespace *name_space;
    struct image *image;
    uintptr_t image_base, image_entry, clock_page;
    uintptr_t image_data;      // where its data is, where that is apart from its text
    struct memory *image_copy; // of its data; while it is filled
    struct entitlement entitlement;
    uint32_t priority_ceiling;
    enum process_state state;
    enum process_phase phase;
    struct fault_report report;
    uintptr_t fault_entry; // where a thread that faults is called up; 0: the process ends
    bool ending;           // its end has begun: no new threads, no new handles
    bool stopped;
    bool is_filled;
    bool is_init;       // the first: the machine does not go on without it
    uint32_t filled;    // steps of process_fill that are done
    uint32_t parking;   // threads that a stop has still to look at
    struct list parked; // threads that would run were it not stopped
    int32_t exit_code;
    uint64_t start_time, cpu_ticks; // ns; counter ticks
    struct watch_list watchers;
    struct reap reap;
    struct list_node all; // every process, for system_inspect
    char name[32];
};

struct process_plan {
    struct image *image;          // nullptr: none, the space stays empty
    struct process *parent;       // nullptr: the machine
    struct namespace *name_space; // nullptr: none
    uint64_t memory_limit;        // bytes, 0: shares the parent's quota
    uint32_t handle_limit, thread_limit, priority;
    const char *name;
};

// Makes a process, to be filled by steps, each a bounded part of the way to image and clock page
// mapped, until it is_filled. Not filled, it goes with its last reference.
enum status process_begin(const struct process_plan *plan, struct process **process);
enum status process_fill(struct process *process);

// Both.
enum status process_create(const struct process_plan *plan, struct process **process);

// Begins the end with `code`; further calls change nothing.
void process_end(struct process *process, int32_t code);

// A bounded part of the end; true when the process is dead, its handles closed and its watchers
// told.
bool process_end_step(struct process *process);

uint32_t process_count(void);
void process_init_all(void);

// Whether its image's entitlement lets `process` be given `object`.
bool process_may_hold(const struct process *process, const struct object *object);

// A process that is not started yet does not keep itself alive by handles to itself.
void process_discount(struct process *process);
void process_recount(struct process *process);
