// SPDX-License-Identifier: MIT
// What a program finds at birth: arguments, environment and handles by name (abi/start.h). The
// start code _start of each instruction set calls fe_start_c() with the start block, which
// relocates the program and goes on in fe_program_start(): the C library's when one is linked, else
// a plain one that calls main(). Everything here may be used from any thread.
#pragma once

#include <abi/start.h>

// The start block. Valid for the life of the program, read-only by custom.
const struct fe_start *fe_start(void);

// The handle given under `name`, or FE_NO_HANDLE. It stays where it is: a later call gives the
// same.
fe_handle fe_start_handle(const char *name);

// The whole entry under `name`, or under a prefix by index ("fd/" 0, 1, ...); nullptr: none.
const struct fe_start_handle *fe_start_find(const char *name);
const struct fe_start_handle *fe_start_find_prefix(const char *prefix, uint32_t index);

// Strings of the start block; nullptr past the end.
const char *fe_start_argument(uint32_t index);
const char *fe_start_environment(uint32_t index);
const char *fe_start_directory(void);
const char *fe_start_handle_name(const struct fe_start_handle *entry);

// The value of NAME in the environment's NAME=value, or nullptr.
const char *fe_start_variable(const char *name);

// Called by fe_start_c only: what all of this looks in.
void fe_start_use(const struct fe_start *start);

// Called by _start only: reg[0] and reg[1] of a process's first thread.
[[noreturn]] void fe_start_c(struct fe_start *start, fe_handle thread);

// The C library's entry, after relocation: sets itself up, calls main, ends the process.
[[noreturn]] void fe_program_start(struct fe_start *start);

// Ends the process with `code`.
[[noreturn]] void fe_exit(int32_t code);
