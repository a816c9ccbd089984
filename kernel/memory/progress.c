// SPDX-License-Identifier: MIT
// Progress of long calls, one per thread.
#include "kernel/memory/progress.h"
#include "kernel/log.h"
#include "kernel/memory/user.h"
#include "kernel/object/reap.h"
#include "kernel/object/thread.h"
#include "kernel/schedule/lock.h"
#include "kernel/syscall.h"

struct progress *progress_get(const void *call, const uint64_t argument[3], uint64_t first)
{
    ASSERT(call != nullptr);
    struct progress *progress = &thread_current()->progress;
    bool same = progress->call == call;
    for (int i = 0; i < 3; i++) same = same && progress->argument[i] == argument[i];
    if (same) return progress;
    progress_end(progress);
    *progress = (struct progress){.call = call, .position = first};
    for (int i = 0; i < 3; i++) progress->argument[i] = argument[i];
    return progress;
}

bool progress_is_idle(void)
{
    return thread_current()->progress.call == nullptr;
}

void progress_end(struct progress *progress)
{
    struct object *object = progress->object;
    *progress = (struct progress){};
    if (object != nullptr) object_put(object);
}

bool progress_should_stop(void)
{
    return lock_should_pass();
}

enum status progress_go_on(enum status status)
{
    uint64_t limit = 0;
    if (status < OK && user_copy_stopped()) return CALL_RESTART;
    if (status < OK && !reap_make_room(&limit)) return status;
    return progress_should_stop() ? CALL_RESTART : OK;
}
