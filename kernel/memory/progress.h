// SPDX-License-Identifier: MIT
// How far the current thread's long call has come. A call that stops for an interrupt returns
// CALL_RESTART and is made again with the same arguments; here it finds the object that it is
// making and a position. Only a restart goes on with it: an upcall in between, or a failure before
// the handler runs, makes the call start over. Guarded by the kernel lock.
#pragma once

#include "kernel/object/object.h"

struct progress {
    const void *call;      // whose it is: the handler; nullptr: none
    uint64_t argument[3];  // which of its calls
    struct object *object; // under construction: a reference; nullptr: none
    uint64_t position, more;
};

// The current thread's progress in this call: as it was left, or begun anew with position `first`.
struct progress *progress_get(const void *call, const uint64_t argument[3], uint64_t first);

// True when it is in no long call.
bool progress_is_idle(void);

// The call is over, well or not: gives up the object.
void progress_end(struct progress *progress);

// True when a long call should stop here.
bool progress_should_stop(void);

// What comes after a step that ended with `status`. OK: the next step, or the same again when that
// failed for want of memory of which some is free now. CALL_RESTART: the call stops here. Else it
// failed.
enum status progress_go_on(enum status status);
