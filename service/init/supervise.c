// SPDX-License-Identifier: MIT
// Starting units when their needs are met, and starting them again when they end, when
// ferrite/restart.h says.
#include "init.h"

#include <9p/client.h>
#include <abi/errno.h>
#include <abi/syscalls.h>
#include <cpio/cpio.h>
#include <ferrite/clock.h>
#include <ferrite/handle.h>
#include <ferrite/libc.h>
#include <ferrite/log.h>
#include <ferrite/memory.h>
#include <ferrite/restart.h>
#include <ferrite/spawn.h>
#include <ferrite/start.h>
#include <ferrite/status.h>

enum : int32_t { CODE_ORDERED = -15 }; // SIGTERM
enum : uint32_t {
    FAILURES_TOLD = 3,
    FAILURES_BLAMED = 3, // in a row: then what was kept may be why
};

static bool need_is_met(const char *need)
{
    if (need[0] == '/') return mount_exists(need);
    for (struct unit *unit = units; unit; unit = unit->next) {
        if (strcmp(unit->name, need) != 0) continue;
        // One that ended by itself had nothing to do.
        return unit->state == UNIT_READY || (unit->state == UNIT_ENDED && !unit->is_stopped);
    }
    return false;
}

// Whether a fallback may start: the unit that it stands in for has ended, or is not there. One that
// is not needed has ended too.
static bool fallback_is_due(struct unit *unit)
{
    if (unit->fallback == nullptr) return true;
    for (struct unit *first = units; first; first = first->next) {
        if (strcmp(first->name, unit->fallback) != 0) continue;
        if (first->state == UNIT_READY) unit->state = UNIT_ENDED;
        return first->state == UNIT_ENDED || first->state == UNIT_FAILED;
    }
    return true;
}

static bool needs_are_met(const struct unit *unit)
{
    for (uint32_t i = 0; i < unit->needs.count; i++) {
        if (!need_is_met(unit->needs.word[i])) return false;
    }
    return true;
}

static void pause_until(struct unit *unit, uint64_t time)
{
    unit->state = UNIT_PAUSED;
    unit->retry = time;
    if (fe_event_arm(server.event, BIT_RETRY, time, 0) != OK) work_soon();
}

// unit->error says why.
static void fail(struct unit *unit)
{
    unit->failures++;
    if (unit->failures <= FAILURES_TOLD) say("%s: %s", unit->name, unit->error);
    if (unit->failures == FAILURES_BLAMED) keep_forget(unit);
    uint64_t pause = fe_restart_pause(unit->failures);
    if (pause != FE_FOREVER) {
        pause_until(unit, fe_clock_after(pause));
        return;
    }
    unit->state = UNIT_FAILED;
    keep_forget(unit);
    work_soon(); // its fallback may start
    say("<0>%s: given up after %u failures: %s", unit->name, unit->failures, unit->error);
}

static void fail_to_start(struct unit *unit, const char *what, int reason)
{
    fe_format(unit->error, sizeof unit->error, "%s (%d)", what, reason);
    fail(unit);
}

// The handles that the file names, for its program, the session to init, later the one to the
// process service.
static struct fe_spawn_handle *handles_of(struct unit *unit, size_t *count)
{
    struct fe_spawn_handle *list = calloc(unit->handles.count + 3 + KEEP_HANDLES, sizeof *list);
    bool has_keep = (unit->provision_count != 0 || unit->is_kept) && !unit_is_asking(unit);
    *count = has_keep && list != nullptr ? keep_handles(unit, list) : 0;
    if (list == nullptr || (has_keep && *count == 0)) {
        free(list);
        return nullptr;
    }
    for (uint32_t i = 0; i < unit->handles.count && !unit_is_asking(unit); i++) {
        const struct fe_start_handle *own = fe_start_find(unit->handles.word[i]);
        if (own == nullptr) continue; // this machine has none
        list[(*count)++] = (struct fe_spawn_handle){.name = unit->handles.word[i],
                                                    .handle = own->handle,
                                                    .value = own->value,
                                                    .keep = own->handle != FE_NO_HANDLE};
    }
    fe_handle session;
    if (p9_session_create(&server, control_node, nullptr, unit, &session) != OK) {
        for (size_t i = 0; i < *count; i++) {
            if (!list[i].keep) fe_handle_drop(&list[i].handle);
        }
        free(list);
        return nullptr;
    }
    list[(*count)++] = (struct fe_spawn_handle){.name = "init", .handle = session};
    bool is_watched = unit->watchdog != 0 && !unit_is_asking(unit);
    fe_handle watchdog = is_watched ? watchdog_event() : FE_NO_HANDLE;
    if (watchdog != FE_NO_HANDLE)
        list[(*count)++] =
            (struct fe_spawn_handle){.name = "watchdog", .handle = watchdog, .keep = true};
    return list;
}

static bool needs(const struct unit *unit, const char *need)
{
    uint32_t i = 0;
    while (i < unit->needs.count && strcmp(unit->needs.word[i], need) != 0) i++;
    return i < unit->needs.count;
}

// Made, registered with the process service, started. One that needs that service is not started
// when it has just ended.
static enum status run(struct unit *unit, struct fe_spawn *options, struct fe_spawn_handle *handles,
                       struct fe_child *child)
{
    fe_handle session = FE_NO_HANDLE;
    enum status status = fe_spawn_create(options, child);
    if (status == OK) session = process_register(unit, child->process);
    if (session != FE_NO_HANDLE) {
        handles[options->handle_count++] =
            (struct fe_spawn_handle){.name = "process", .handle = session};
    } else if (status == OK && needs(unit, "process")) {
        status = ERR_PEER_CLOSED;
    }
    if (status == OK) status = fe_process_watch(child->process, server.event, 1ull << unit->bit);
    if (status != OK) {
        fe_spawn_abandon(options, child);
        return status;
    }
    status = fe_spawn_start(options, child);
    if (status == OK) return OK;
    fe_handle_drop(&child->process);
    fe_handle_drop(&child->stack);
    return status;
}

// One that cannot be watched runs all the same.
static void watch(struct unit *unit, const struct fe_child *child)
{
    fe_handle process = FE_NO_HANDLE, stack = child->stack;
    if (stack == FE_NO_HANDLE) return;
    if (fe_handle_copy(child->process, &process) != OK ||
        watchdog_add(process, stack, child->watch, unit->watchdog) != 0)
        say("%s: cannot be watched", unit->name);
}

static void unit_ready(struct unit *unit)
{
    unit->state = UNIT_READY;
    children_forget(unit);
    unit->ready = fe_clock_monotonic();
}

static bool unit_start(struct unit *unit)
{
    unit->state = UNIT_STARTING;
    for (uint32_t i = 0; i < unit->provision_count; i++) unit->provisions[i].is_done = false;
    size_t count;
    struct fe_spawn_handle *handles = handles_of(unit, &count);
    if (handles == nullptr) {
        fail_to_start(unit, "no memory", 0);
        return false;
    }
    struct fe_spawn options = {
        .image = image_of(unit),
        .name = unit->name,
        .arguments = (const char *const *)unit_program(unit)->word,
        .environment = (const char *const *)unit->environment.word,
        .name_space = view_namespace(unit),
        .may_mount = (unit->may & MAY_BIND) != 0,
        .handles = handles,
        .handle_count = count,
        .memory_limit = unit->memory_limit,
        .is_watched = unit->watchdog != 0,
        .priority = unit->priority,
    };
    struct fe_child child = {};
    enum status status = run(unit, &options, handles, &child);
    free(handles);
    if (status != OK) {
        fail_to_start(unit, fe_status_text(status), status);
        return false;
    }
    fe_handle_drop(&child.thread);
    unit->process = child.process;
    watch(unit, &child);
    if (unit_is_asking(unit)) return true;
    if (unit->started != 0) unit->restarts++;
    unit->started = fe_clock_monotonic();
    bool is_ready = unit->provision_count == 0 && unit->restart != RESTART_NEVER;
    if (is_ready && !unit->says_ready) unit_ready(unit);
    return true;
}

// When its namespace is whole and its image is there.
static bool unit_try(struct unit *unit)
{
    enum status status;
    int result;
    if (!image_is_ready(unit, &result)) {
        if (result != 0) fail_to_start(unit, "its program cannot be run", result);
        return false;
    }
    if (view_is_ready(unit, &status)) return unit_start(unit);
    if (status != OK) fail_to_start(unit, "its namespace cannot be made", status);
    return false;
}

void units_start(void)
{
    uint64_t now = fe_clock_monotonic();
    bool has_started;
    do {
        has_started = false;
        for (struct unit *unit = units; unit; unit = unit->next) {
            bool is_due =
                unit->state == UNIT_WAITING || (unit->state == UNIT_PAUSED && unit->retry <= now);
            if (!is_due) continue;
            if (!fallback_is_due(unit)) {
                has_started |= unit->state == UNIT_ENDED; // who needs it may start
            } else if (needs_are_met(unit) && children_are_gone(unit)) {
                has_started |= unit_try(unit);
            }
        }
    } while (has_started);
    uint64_t next = FE_FOREVER;
    for (struct unit *unit = units; unit; unit = unit->next) {
        if (unit->state == UNIT_PAUSED && unit->retry > now && unit->retry < next)
            next = unit->retry;
    }
    if (next != FE_FOREVER && fe_event_arm(server.event, BIT_RETRY, next, 0) != OK) work_soon();
}

// The end of one that runs once.
static void once_ended(struct unit *unit, int32_t code)
{
    if (code == 0) {
        unit_ready(unit);
    } else {
        unit->state = UNIT_FAILED;
        say("%s: %s", unit->name, unit->error);
    }
    work_soon();
}

// The answer of a unit's condition: 0, its program is due; 1, it has nothing to do.
static bool condition_ended(struct unit *unit, int32_t code)
{
    bool was_asking = unit_is_asking(unit);
    unit->is_due = was_asking && code == 0;
    if (!was_asking || unit->is_stopped || (code != 0 && code != 1)) return false;
    unit->state = code == 0 ? UNIT_WAITING : UNIT_ENDED;
    work_soon();
    return true;
}

static void unit_ended(struct unit *unit, int32_t code)
{
    fe_handle_drop(&unit->process);
    unit->is_registered = false;
    children_end(unit);
    unit->exit_code = code;
    if (condition_ended(unit, code)) return;
    bool is_over = code == 0 && unit->provision_count == 0; // a login session
    bool had_nothing = code == 0 && unit->restart == RESTART_FAILURE;
    if (!is_over && !had_nothing) fe_exit_text(code, unit->error, sizeof unit->error);
    if (unit->is_stopped || had_nothing) {
        unit->state = UNIT_ENDED;
        keep_forget(unit);
        work_soon(); // its fallback may start
    } else if (unit->restart == RESTART_NEVER) {
        once_ended(unit, code);
    } else if (is_over) {
        unit->state = UNIT_WAITING;
        unit->failures = 0;
        work_soon();
    } else if (fe_was_killed(code)) {
        say("%s: %s, started again", unit->name, unit->error);
        pause_until(unit, unit->started + FE_RESTART_INTERVAL);
        work_soon();
    } else {
        if (fe_clock_monotonic() - unit->started > FE_RESTART_STABLE) unit->failures = 0;
        fail(unit);
    }
}

void units_ended(uint64_t bits)
{
    for (struct unit *unit = units; unit; unit = unit->next) {
        struct fe_process_info info;
        if (unit->process == FE_NO_HANDLE || (bits >> unit->bit & 1) == 0) continue;
        if (fe_process_inspect(unit->process, &info) != OK || info.state != PROCESS_DEAD) continue;
        unit_ended(unit, info.exit_code);
    }
}

// A service sends what it provides under `name`; it is ready when everything has come.
void unit_provide(struct unit *unit, struct p9_name name, fe_handle connector, bool is_kept)
{
    bool is_complete = true, is_known = false;
    for (uint32_t i = 0; i < unit->provision_count; i++) {
        struct provision *provision = &unit->provisions[i];
        bool is_this =
            connector != FE_NO_HANDLE && (p9_name_is(name, provision->name) || name.size == 0);
        if (is_this && !is_known) {
            is_known = true;
            const struct placing placing = {provision->path, provision->name, connector,
                                            provision->flags, is_kept ? keep_number(unit) : 0};
            enum status status = mount_add(unit, &placing);
            if (status != OK)
                say("%s: %s: %s", unit->name, provision->path, fe_status_text(status));
            provision->is_done = status == OK;
        }
        is_complete &= provision->is_done;
    }
    if (!is_known) fe_handle_drop(&connector);
    if (is_complete && unit->state == UNIT_STARTING) {
        unit_ready(unit);
        work_soon();
    }
}

// What a user may have done with one unit.
int unit_command(struct unit *unit, enum unit_order order)
{
    bool runs = unit->process != FE_NO_HANDLE;
    if (order != ORDER_START && unit->is_initrd) return -EBUSY; // init itself stands on it
    if (order == ORDER_STOP) {
        unit->is_stopped = true;
        if (!runs) unit->state = UNIT_ENDED;
    } else {
        unit->is_stopped = false;
        unit->failures = 0;
        if (!runs) unit->state = UNIT_WAITING;
        work_soon();
    }
    if (!runs || order == ORDER_START) return 0;
    return fe_process_kill(unit->process, CODE_ORDERED) == OK ? 0 : -EIO;
}

void units_stop(void)
{
    for (struct unit *unit = units; unit; unit = unit->next) {
        if (unit->process == FE_NO_HANDLE || unit->is_initrd) continue;
        if (fe_process_kill(unit->process, 0) != OK) say("%s: cannot be stopped", unit->name);
    }
}
