// SPDX-License-Identifier: MIT
// Processes as objects: how they are made and how they end. The end is a sequence of bounded steps
// that whoever brings it about runs (the process itself, its killer, the fault) until watchers are
// told; what is left, the address space above all, is the reaper's.
#include "kernel/object/process.h"
#include "kernel/log.h"
#include "kernel/machine.h"
#include "kernel/memory/page.h"
#include "kernel/object/handle.h"
#include "kernel/object/image.h"
#include "kernel/object/memory.h"
#include "kernel/object/namespace.h"
#include "kernel/object/resource.h"
#include "kernel/object/shortage.h"
#include "kernel/object/thread.h"
#include "kernel/schedule/place.h"
#include "kernel/time/clock.h"
#include "kernel/time/timer.h"
#include "kernel/trace.h"

enum : uint32_t { HANDLES_PER_STEP = 4 };
static struct slab process_slab;
static struct list all;
static uint32_t count;

uint32_t process_count(void)
{
    return count;
}

// The structure goes when the process is over and nothing is charged to it any more.
static void free_structure(struct process *process)
{
    struct quota *quota = process->quota;
    process_uncharge(process, sizeof *process);
    ASSERT(process->memory_used == 0);
    slab_free(&process_slab, process);
    quota_put(quota);
}

void process_hold(struct process *process)
{
    process->charged++;
}

void process_release(struct process *process)
{
    ASSERT(process->charged > 0);
    if (--process->charged == 0 && process->object.references == 0) free_structure(process);
}

// It was given up while it was being made: its space is the reaper's.
static void abandon(struct process *process)
{
    process->is_filled = true;
    object_get(&process->object); // its own, until the space is gone
    if (process->image_copy != nullptr) object_put(&process->image_copy->object);
    process->image_copy = nullptr;
    process_end(process, FE_EXIT_KILLED);
    reap_add(&process->reap);
}

static void process_destroy(struct object *object)
{
    struct process *process = (struct process *)object;
    if (!process->is_filled) {
        abandon(process);
        return;
    }
    watch_fini(&process->watchers);
    if (process->charged == 0) free_structure(process);
}

void process_discount(struct process *process)
{
    process->own_handles++;
    process->object.handles--;
}

void process_recount(struct process *process)
{
    process->object.handles += process->own_handles;
    process->own_handles = 0;
}

// A process that was never started ends with the last handle outside of it.
static void process_handles_gone(struct object *object)
{
    struct process *process = (struct process *)object;
    if (process->state != PROCESS_BUILDING) return;
    process_recount(process);
    process_end(process, FE_EXIT_KILLED);
    reap_add(&process->reap);
}

const struct object_operations process_operations = {
    .name = "process",
    .size = sizeof(struct process),
    .handles_gone = process_handles_gone,
    .destroy = process_destroy,
};

// The rest, when all threads and handles are gone: nobody else looks at it.
static bool reap_space(struct process *process)
{
    place_leave_space(&process->space);
    if (!space_clear(&process->space)) return false;
    if (!handle_fini(process)) return false;
    ASSERT(process->state == PROCESS_DEAD);
    if (process->image != nullptr) object_put(&process->image->object);
    process->image = nullptr;
    object_put(&process->object);
    return true;
}

static bool process_reap(struct reap *reap)
{
    struct process *process = CONTAINER(reap, struct process, reap);
    if (process->phase != PROCESS_END_SPACE) {
        process_end_step(process);
        return false;
    }
    return reap_space(process);
}

void process_end(struct process *process, int32_t code)
{
    if (process->ending) return;
    process_recount(process); // killed while it was being made: its own handles are closed like any
    process->ending = true;
    process->exit_code = code;
    process->phase = PROCESS_END_THREADS;
}

// Any thread but the current one, which may be running the end of its own process.
static struct thread *other_thread(const struct process *process)
{
    struct list_node *node = list_first(&process->threads);
    if (node == nullptr) return nullptr;
    struct thread *thread = CONTAINER(node, struct thread, in_process);
    if (thread != thread_current()) return thread;
    node = node->next;
    return node == &process->threads.head ? nullptr : CONTAINER(node, struct thread, in_process);
}

static void dead(struct process *process)
{
    ASSERT(list_is_empty(&process->threads) && list_is_empty(&process->parked));
    ASSERT(process->handles.used == 0);
    process->state = PROCESS_DEAD;
    if (process->is_init) panic("%s has ended: exit code %d", process->name, process->exit_code);
    trace_process(process, TRACE_EXIT);
    machine_forget(process);
    process->phase = PROCESS_END_SPACE;
    list_remove(&process->all);
    count--;
    if (process->name_space != nullptr) object_put(&process->name_space->object);
    process->name_space = nullptr;
    shortage_forget(process);
    watch_fire(&process->watchers);
    reap_add(&process->reap);
}

bool process_end_step(struct process *process)
{
    ASSERT(process->ending);
    if (process->phase == PROCESS_END_THREADS) {
        struct thread *thread = other_thread(process);
        if (thread != nullptr)
            thread_kill_step(thread);
        else
            process->phase = PROCESS_END_HANDLES;
        return false;
    }
    if (process->phase == PROCESS_END_HANDLES) {
        if (handle_close_some(process, HANDLES_PER_STEP)) process->phase = PROCESS_END_SELF;
        return false;
    }
    if (process->phase == PROCESS_END_SELF) {
        struct list_node *node = list_first(&process->threads);
        if (node != nullptr && !thread_kill_step(CONTAINER(node, struct thread, in_process)))
            return false;
        dead(process); // at once: the thread that is gone cannot come back for it
    }
    return true;
}

static void entitle(struct process *process, const struct process_plan *plan)
{
    const struct process *parent = plan->parent;
    uint32_t ceiling = parent == nullptr ? PRIORITY_COUNT - 1 : parent->priority_ceiling;
    process->entitlement = (struct entitlement){UINT32_MAX, UINT32_MAX, 0, PRIORITY_COUNT - 1};
    if (plan->image != nullptr) {
        const struct macho *layout = &plan->image->layout;
        process->entitlement =
            (struct entitlement){layout->object_kinds, layout->resource_kinds,
                                 layout->memory_ceiling, layout->priority_ceiling};
    }
    if (plan->priority != 0 && plan->priority < ceiling) ceiling = plan->priority;
    if (process->entitlement.priority_ceiling < ceiling) {
        ceiling = process->entitlement.priority_ceiling;
    }
    process->priority_ceiling = ceiling;
}

static uint32_t limit_of(uint32_t wanted, uint32_t parents)
{
    return wanted == 0 || wanted > parents ? parents : wanted;
}

enum : uint32_t { HANDLES_MAX = 1u << 17, THREADS_MAX = 1u << 16 };

static void init(struct process *process, const struct process_plan *plan)
{
    const struct process *parent = plan->parent;
    list_init(&process->threads);
    list_init(&process->parked);
    watch_init(&process->watchers, &process->object);
    reap_init(&process->reap, process_reap);
    handle_init(process, limit_of(plan->handle_limit,
                                  parent == nullptr ? HANDLES_MAX : parent->handles.limit));
    process->thread_limit =
        limit_of(plan->thread_limit, parent == nullptr ? THREADS_MAX : parent->thread_limit);
    process->name_space = plan->name_space;
    if (plan->name_space != nullptr) object_get(&plan->name_space->object);
    process->image = plan->image;
    if (plan->image != nullptr) object_get(&plan->image->object);
    process->start_time = clock_now();
    for (size_t i = 0; i + 1 < sizeof process->name && plan->name[i] != '\0'; i++) {
        process->name[i] = plan->name[i];
    }
    entitle(process, plan);
    list_append(&all, &process->all);
    count++;
}

// The child's own limit out of the parent's, no larger than its image's ceiling, or a share in the
// parent's quota.
static enum status take_quota(const struct process_plan *plan, struct quota **quota)
{
    uint64_t limit = plan->memory_limit;
    uint64_t ceiling = plan->image == nullptr ? 0 : plan->image->layout.memory_ceiling;
    if (ceiling != 0 && limit > ceiling) limit = ceiling;
    if (plan->parent == nullptr) return quota_create(nullptr, limit, quota);
    if (plan->memory_limit != 0) return quota_create(plan->parent, limit, quota);
    *quota = plan->parent->quota;
    quota_get(*quota);
    return OK;
}

static enum status clock_map(struct process *process)
{
    struct space_view view = {
        .memory = clock_page_memory(), .size = PAGE_SIZE, .flags = MAP_READ, .allowed = MAP_READ};
    return view.memory == nullptr ? OK : space_map(&process->space, &view, &process->clock_page);
}

static void copy_drop(struct process *process)
{
    if (process->image_copy != nullptr) object_put(&process->image_copy->object);
    process->image_copy = nullptr;
}

// The clock page, the image's place, its segments one by one.
enum status process_fill(struct process *process)
{
    enum : uint32_t { CLOCK, PLACE, SEGMENTS };
    struct image *image = process->image;
    uint32_t end = image == nullptr ? PLACE : SEGMENTS + image->layout.segment_count;
    if (process->filled == CLOCK) {
        TRY(clock_map(process));
    } else if (process->filled == PLACE) {
        TRY(image_place(image, process));
        process->image_entry = process->image_base + image->layout.entry;
    } else {
        TRY(image_map(image, &process->space, process->image_base, process->filled - SEGMENTS));
    }
    if (++process->filled < end) return OK;
    copy_drop(process);
    process->is_filled = true;
    object_get(&process->object); // its own, until the space is gone
    trace_process(process, TRACE_PROCESS);
    return OK;
}

enum status process_begin(const struct process_plan *plan, struct process **result)
{
    struct quota *quota;
    TRY(take_quota(plan, &quota));
    struct process *process = slab_allocate(&process_slab);
    if (process == nullptr) {
        quota_put(quota);
        return ERR_NO_MEMORY;
    }
    object_init(&process->object, OBJECT_PROCESS, nullptr);
    process->quota = quota;
    process->owns_quota = plan->parent == nullptr || plan->memory_limit != 0;
    if (process_charge(process, sizeof *process) != OK) {
        slab_free(&process_slab, process);
        quota_put(quota);
        return ERR_QUOTA;
    }
    init(process, plan);
    enum status status = space_init(&process->space, process);
    if (status == OK)
        *result = process;
    else
        object_put(&process->object);
    return status;
}

enum status process_create(const struct process_plan *plan, struct process **result)
{
    TRY(process_begin(plan, result));
    enum status status = OK;
    while (status == OK && !(*result)->is_filled) status = process_fill(*result);
    if (status != OK) object_put(&(*result)->object);
    return status;
}

bool process_may_hold(const struct process *process, const struct object *object)
{
    const struct entitlement *entitlement = &process->entitlement;
    if ((entitlement->object_kinds >> object->type & 1) == 0) return false;
    if (object->type != OBJECT_RESOURCE) return true;
    return (entitlement->resource_kinds >> ((const struct resource *)object)->kind & 1) != 0;
}

void process_init_all(void)
{
    list_init(&all);
    count = 0;
    slab_init(&process_slab, "process", sizeof(struct process));
}
