// SPDX-License-Identifier: MIT
// What init's files share. One thread serves and supervises (main.c, supervise.c, request.c); a
// second one does what asks services (job.c): parts of users' and services' namespaces (user.c,
// view.c); a third one looks who hangs (watchdog.c).
#pragma once

#include "unit.h"

#include <9p/server.h>
#include <abi/start.h>
#include <ferrite/spawn.h>

enum : uint64_t { // bits of the server's event; the low ones: a unit ended
    BIT_ENDED_MASK = (1ull << 48) - 1,
    BIT_WORK = 1ull << 48,     // look what can be started
    BIT_RETRY = 1ull << 49,    // a pause is over
    BIT_JOB_DONE = 1ull << 50, // the second thread has finished something
    BIT_POWER = 1ull << 51,
};

struct mounted { // in the order in which they came
    struct mounted *next;
    struct unit *unit; // whose it is
    char *path;
    size_t path_size;
    char name[64]; // below /srv
    fe_handle connector;
    uint64_t mount;
    uint64_t keep; // of the connector
    uint32_t flags;
    bool is_bare; // not for users' namespaces
};

extern struct p9_server server;
extern struct unit *units;
extern struct mounted *mounts;
extern struct p9_node *control_node;

// main.c
void say(const char *format, ...);
void work_soon(void);

// supervise.c
void units_start(void);          // all whose needs are met
void units_ended(uint64_t bits); // those whose process is dead
// `is_kept`: the connector is one of the channel that was given to the unit's service.
void unit_provide(struct unit *unit, struct p9_name name, fe_handle connector, bool is_kept);
void units_stop(void); // all, for power-off
enum unit_order { ORDER_START, ORDER_STOP, ORDER_RESTART };
int unit_command(struct unit *unit, enum unit_order order); // 0 or a negative errno

// image.c: of the unit's program, or of its condition while that is to be asked
bool unit_is_asking(const struct unit *unit);
const struct words *unit_program(const struct unit *unit);
fe_handle image_of(const struct unit *unit); // FE_NO_HANDLE: not there
// Whether it is there; begins to open it. A false one is asked about again when a job is done.
// *result: why it cannot be opened, this time.
bool image_is_ready(struct unit *unit, int *result);

// child.c: processes that end with the unit that started them
int child_add(struct unit *unit, fe_handle process, fe_handle kept);
void children_end(struct unit *unit);
bool children_are_gone(const struct unit *unit);
void children_forget(struct unit *unit); // the dead

// keep.c: what is kept of units for those that are started in their place (abi/keep.h)
enum : size_t { KEEP_HANDLES = 2 };
// Of one that is about to start: their number, 0: no memory.
size_t keep_handles(struct unit *unit, struct fe_spawn_handle handles[KEEP_HANDLES]);
uint64_t keep_number(const struct unit *unit); // of its channel, and no other; 0: none
void keep_forget(struct unit *unit);           // it is lost; who waits for the unit is told

// mount.c
struct placing { // what is mounted at `path`, and at /srv by its name
    const char *path, *name;
    fe_handle connector; // is taken over by mount_add
    uint32_t flags;
    uint64_t keep; // by which number its channel is kept; 0: it ends with its server
};
enum status mount_add(struct unit *unit, const struct placing *placing);
// The two mounts in a namespace; *mount is that at the path.
enum status mount_place(fe_handle name_space, const struct placing *placing, uint64_t *mount);
enum status mount_remove(const struct unit *unit, const char *path); // ERR_NOT_FOUND: not its own
// All that is at either place.
void mount_displace(fe_handle name_space, const char *path, const char *name);
bool mount_exists(const char *path);

// request.c
extern const struct p9_operations control_operations;
int own_nodes(struct p9_node *nodes[3]); // power, services, units
void unit_show(struct unit *unit);       // in /dev/units
void power_now(void);

// process.c: the process service, once it runs
void process_session_set(fe_handle session);
fe_handle process_register(struct unit *unit, fe_handle process);
void processes_register(void); // those that it does not know yet

// watchdog.c: who hangs is ended. `process` (inspect, kill) and `memory`, its stack, are taken
// over; `place` is that of its struct fe_watch there; it may take `time` ns over one message. 0 or
// a negative errno.
fe_handle watchdog_event(void);
int watchdog_add(fe_handle process, fe_handle memory, uint64_t place, uint64_t time);
int watchdog_request(struct p9_request *request);
int watchdog_inject(fe_handle process, enum watch_fault fault); // 0 or a negative errno

// job.c: work of the second thread
struct job {
    struct job *next;
    void (*run)(struct job *job);    // there
    void (*finish)(struct job *job); // then in the first thread; frees it
};
void job_submit(struct job *job);
void jobs_finish(void); // those that the second thread has run
enum status jobs_init(void);

// user.c
int user_namespace(struct p9_request *request); // answers later
void user_mount(const struct mounted *mounted); // a mount for the namespaces that exist
void user_unmount(const struct mounted *mounted);

// view.c: what units see
// Whether the unit's namespace is whole; begins to make it. A false one is asked about again when a
// job is done. `status`: why it cannot be made.
bool view_is_ready(struct unit *unit, enum status *status);
fe_handle view_namespace(const struct unit *unit); // FE_NO_HANDLE: init's own
void view_mount(const struct mounted *mounted);    // a mount for those that exist
void view_unmount(const struct mounted *mounted);
