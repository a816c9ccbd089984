// SPDX-License-Identifier: MIT
// Units: what init knows of each service. unit(5) says what a unit file has; one that is ready when
// it says so tells that with CONTROL_INIT_READY.
#pragma once

#include <abi/object.h>
#include <stddef.h>

enum restart : uint8_t { RESTART_ALWAYS, RESTART_FAILURE, RESTART_NEVER };
enum unit_state : uint8_t {
    UNIT_WAITING,
    UNIT_STARTING,
    UNIT_READY,
    UNIT_PAUSED,
    UNIT_ENDED,
    UNIT_FAILED
};
enum : uint32_t { MAY_MOUNT = 1, MAY_NAMESPACE = 2, MAY_POWER = 4, MAY_BIND = 8 };

struct provision {
    char *name, *path;
    uint32_t flags; // MOUNT_*
    bool is_done;
};

struct words { // ended by a nullptr
    char **word;
    uint32_t count;
};

enum : uint64_t { UNIT_WATCHDOG_LEAST = 100 }; // ms

struct child;
struct keep;
struct view;

struct unit {
    struct unit *next;
    char name[32];
    struct words program, condition, needs, handles, environment, sees;
    struct provision *provisions;
    uint32_t provision_count;
    uint32_t may, priority;
    uint64_t memory_limit;
    uint64_t watchdog; // ns that it may take over one message; 0: as long as it wants
    enum restart restart;
    bool says_ready, is_kept; // its state is kept for the next one
    char *fallback;           // the unit that it stands in for; nullptr: none

    enum unit_state state;
    fe_handle image, asker; // of the program and of the condition, kept: they may lie on what died
    bool is_opening;        // the one that is needed now
    int image_error;        // why it could not be opened; told once
    fe_handle process;
    struct child *children;
    struct keep *keep;
    struct view *view;              // its namespace; nullptr: none yet, or init's
    uint32_t bit;                   // of the event, for its end
    bool is_initrd;                 // started before there was a file system
    bool is_registered;             // with the process service that runs now
    bool is_due;                    // its condition has said so
    bool is_stopped;                // by a user's command
    uint32_t failures;              // in a row
    uint32_t restarts;              // since boot
    uint64_t started, ready, retry; // ns
    int32_t exit_code;
    char error[64]; // the last one; empty: none yet
};

// Reads a unit from its text. nullptr when it is malformed (*line says where) or memory is short.
struct unit *unit_parse(const char *name, const char *text, size_t size, uint32_t *line);
void unit_free(struct unit *unit);
const char *unit_state_name(enum unit_state state);
