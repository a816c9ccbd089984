// SPDX-License-Identifier: MIT
// How long it takes until services and drivers that were killed answer again: from the order to end
// one until the first request is answered by the next.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum : size_t { RECOVER_MAX = 8 };

struct recover_victim {
    const char *operation;
    const char *program;           // what it is called as a process
    const char *path;              // is asked for
    size_t samples;                // of which the least is told
    bool (*ask)(const char *path); // nullptr: by stat
};

// Prints a line `BENCH operation instructions` for each that this board has; `now` counts them.
bool recover_measure(const struct recover_victim *victims, size_t count, bool (*now)(uint64_t *));

// The same for all of them at once, RECOVER_MAX at most: one after the other is killed, until each
// has answered. Prints nothing where one of them is missing.
bool recover_storm(const char *operation, const struct recover_victim *victims, size_t count,
                   bool (*now)(uint64_t *));
