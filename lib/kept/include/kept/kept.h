// SPDX-License-Identifier: MIT
// What of a service outlives it: records of one size, and handles, kept by init for a unit with
// `state kept` until the service that is started in its place asks for them. A
// record is changed as a whole or not at all, whenever the service ends. Of a service that nobody
// keeps anything for nothing is kept: records have the number 0 then, and all calls do nothing.
//
// The order in which a service changes what belongs together is its own affair: a handle is put
// before the record that names it is written, and dropped after. What no record named when the
// service ended goes with kept_finish(). Not for two threads at a time.
#pragma once

#include <abi/object.h>
#include <abi/status.h>
#include <stddef.h>

enum : size_t { KEPT_RECORD_MAX = 2048 };

// First of all. Records of another size than now are forgotten.
enum status kept_open(size_t record_size);
// Whether records of an earlier service are there.
bool kept_is_old(void);
// A number that is kept, atomic and 0 at first; nullptr: nothing is kept.
uint32_t *kept_number(void);

// 0: no memory, or nothing is kept.
uint32_t kept_create(const void *data);
void kept_write(uint32_t record, const void *data);
void kept_remove(uint32_t record);
// The record after *record, 0 for the first; nullptr: there is none.
const void *kept_next(uint32_t *record);

// A copy of the handle is kept; its number there, or 0.
uint32_t kept_put(fe_handle handle);
void kept_drop(uint32_t number);
enum status kept_take(uint32_t number, fe_handle *handle);

// The earlier service's records and handles were looked at: handles that were not taken go.
void kept_finish(void);
