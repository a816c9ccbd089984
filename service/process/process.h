// SPDX-License-Identifier: MIT
// What the process service's files share. A process here is a pid with its relations: parent,
// group, session, user, signals; behind it is a kernel process, later perhaps another one (exec),
// or none yet (vfork). Its own session with this service has the process's node as root, so every
// request says who asks. One thread, no locks.
#pragma once

#include <9p/server.h>
#include <9p/tree.h>

enum : uint64_t { // bits of the server's event: a process ended (shared by pids), alarms
    BIT_ENDED_COUNT = 48,
    BIT_ENDED_MASK = (1ull << BIT_ENDED_COUNT) - 1,
    BIT_ALARM = 1ull << BIT_ENDED_COUNT,
};

enum life_state : uint8_t { // beside the kernel's (abi/object.h)
    STATE_MADE,             // registered, not running yet
    STATE_ALIVE,
    STATE_STOPPED,
    STATE_ZOMBIE, // ended, its parent has not asked
};

enum : uint32_t { GROUP_MAX = 32 };
enum : int { SIGNALS = 64 };
enum : uint32_t { INIT_PID = 1, PID_MAX = 0x3fff'ffff };

// A process that is confined has one of its own, which its descendants share: they see each other,
// and those of scopes made inside.
struct scope {
    struct scope *outer; // a reference
    uint32_t references; // by processes and inner ones
    uint32_t kept;       // its record
};

struct process {
    struct p9_node node; // first: root of its own session
    struct process *next, *parent;
    struct scope *scope; // a reference; nullptr: sees all
    uint32_t pid, group, session;
    uint32_t uid, gid, group_count, groups[GROUP_MAX];
    enum life_state state_now;
    int32_t status;                // as wait() gives it, of a zombie
    bool tell_stop, tell_continue; // wait() has not reported it yet
    bool is_watched;               // by who registered it, who does not wait for it
    int32_t stop_signal;
    char command[64];
    uint32_t terminal, foreground; // of a session's leader: its terminal's number, 0: none

    fe_handle process, thread;   // inspect and kill; control
    struct fe_signal_page *page; // shared with it; nullptr: `signals` counts
    struct fe_signal_page signals;
    uint64_t alarm, period; // ns, 0: none
    uint64_t cpu_time;      // of a zombie
    bool has_files;         // below /proc

    uint64_t badge; // of its session, 0: none
    // Numbers of what is kept: the record, and handles.
    uint32_t kept, kept_process, kept_thread, kept_page;
};

extern struct p9_server server;
extern struct p9_node *tree; // /proc
extern struct process *processes;
extern struct process init_process;
extern uint32_t *last_pid; // that was given

// table.c
struct process *process_find(uint32_t pid);
bool process_sees(const struct process *viewer, const struct process *target);
int process_confine(struct process *process);
struct scope *scope_make(struct scope *outer); // the reference moves; nullptr: no memory
struct process *process_of(const struct p9_open *open);
struct process *process_create(struct process *parent);
struct process *process_make(uint32_t pid);   // in the table, with nothing but its number
void process_remove(struct process *process); // a zombie that was waited for
bool group_exists(uint32_t group, uint32_t session);

// life.c
int life_register(struct p9_request *request, struct process *parent);
int life_child(struct p9_request *request, struct process *parent);
int life_become(struct p9_request *request, struct process *process);
int life_exit(struct p9_request *request, struct process *process);
int life_wait(struct p9_request *request, struct process *process);
void life_ended(uint64_t bits);
void life_session_gone(void *owner, uint64_t badge);
enum status life_watch(struct process *process); // for its end
// Its parent hears of the zombie, or it vanishes.
void life_announce(struct process *process);
// Its state changed in a way that the parent may wait for.
void life_tell_parent(struct process *process);

// signal.c
int signal_request(struct p9_request *request, struct process *sender);
int signal_set_page(struct p9_request *request, struct process *process);
void signal_send(struct process *process, int number);
// The same with what its receiver is told. False: a queued signal, and there is no room.
bool signal_tell(struct process *process, const struct fe_signal_slot *known);
void signal_forget_page(struct process *process);
// The page is the process's from now on, and the thread, which is consumed.
int signal_map_page(struct process *process, fe_handle thread, fe_handle memory);
int alarm_request(struct p9_request *request, struct process *process);
void alarm_run(void);

// terminal.c
int terminal_request(struct p9_request *request, const struct process *process, uint32_t control);
void terminal_leader_ended(struct process *leader); // its session loses the terminal: SIGHUP
void terminal_describe(const struct process *of, struct fe_process_identity *identity);
bool terminal_may_stop(const struct process *process); // by a key: somebody could continue it

// keep.c
// Makes what is kept of a process what it is now. Called after every change that is to outlive the
// service, before anybody hears of it.
void process_keep(struct process *process);
void scope_keep(struct scope *scope);
// The parent was told of the zombie, in the wait of this number; for a repetition of that wait its
// record stays until keep_settle().
void process_forget_told(struct process *process, const struct process *parent, uint32_t wait);
// *exit is what the parent's wait of this number was told. False: it was told nothing.
bool keep_told(const struct process *parent, uint32_t wait, struct fe_process_exit *exit);
void keep_settle(void);                            // who was answered has the answer
void keep_settle_of(const struct process *parent); // ... though the service was started anew since
// Makes the table from what an earlier service kept.
enum status keep_open(void);
enum status keep_restore(void);

// text.c
int text_serve(void);
void text_add(struct process *process);
void text_remove(struct process *process);
int text_status(struct p9_request *request, void *context, struct p9_text *text);

// schedule.c
int text_threads(struct p9_request *request, void *context, struct p9_text *text);
int schedule_command(struct p9_request *request, void *context, const char *text, size_t size);
