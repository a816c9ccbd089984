// SPDX-License-Identifier: MIT
// What guest tests share beyond test/unit.h: the resources that the test init gives them, text on
// the debug console, time, and a second thread to be the other side.
#pragma once

#include "test/unit.h"
#include <abi/syscalls.h>
#include <ferrite/clock.h>
#include <ferrite/handle.h>
#include <ferrite/memory.h>
#include <ferrite/spawn.h>
#include <ferrite/start.h>

enum : uint64_t { MILLISECOND = 1'000'000, SECOND = 1'000'000'000 };

// Until when a test waits for what has to come: as good as for ever, for the host of an emulated
// machine may let it stand still for seconds, one CPU or all. How fast something is, no test asks.
static inline uint64_t guest_limit(void)
{
    return fe_clock_after(60 * SECOND);
}

// Waits until guest_limit() for others to bring `count` to `wanted`; false: they did not.
bool guest_reaches(const _Atomic uint32_t *count, uint32_t wanted);

// A handle number that no process has.
enum : fe_handle { NO_SUCH_HANDLE = 0x7fff'fff1 };

// An address in the kernel's half, and one that nothing is mapped at.
static const uintptr_t kernel_address = ~(uintptr_t)0 << (sizeof(uintptr_t) * 8 - 17),
                       unmapped_address = 16;

// The resource "debug", "memory", ...; FE_NO_HANDLE when this machine has none.
fe_handle guest_resource(const char *name);

[[gnu::format(printf, 1, 2)]] void guest_print(const char *format, ...);

// A duplicate of `handle` that has only `rights` left. FE_NO_HANDLE on failure.
fe_handle guest_weaken(fe_handle handle, uint32_t rights);

// Runs `run(argument)` in a thread of its own at `priority` (0: this one's).
enum status guest_thread(void (*run)(void *argument), void *argument, uint32_t priority);

// Whether memory is shown wherever it is wanted, as often as it is wanted, and committed when it is
// touched. Else an address is a physical one: what that rules out is refused with an error of its
// own, for which tests look.
extern const bool guest_translates;

// From here on this thread, and those that it makes, run on `count` CPUs from `first` on.
enum : uint32_t { ALL_CPUS = UINT32_MAX };
void guest_cpus(uint32_t first, uint32_t count);
uint32_t guest_cpu_count(void);

// To look when everybody else waits: this thread runs at `priority`, above all others, and all that
// it makes from now on run on one CPU. guest_let_run waits until nobody else can go on; false:
// until guest_limit() somebody could.
bool guest_turn_begin(uint32_t priority);
bool guest_let_run(void);
bool guest_turn_end(void);

// A process from this program's own image, that runs guest_child(role) and ends with what that
// returns. The handles are given to it by name; those that are not to be kept are gone from here.
enum status guest_spawn(const char *role, const struct fe_spawn_handle *handles, size_t count,
                        struct fe_child *child);

// What a program that spawns itself defines.
int guest_child(const char *role);

// Waits until guest_limit() for the child's end, tells how it went, and closes its handles.
enum status guest_wait(struct fe_child *child, struct fe_process_info *info);

// Whether there are no more processes than `before`, and no less memory but `slack` bytes, once who
// cleans up behind the dead has had the time; it does that when there is nothing else to do.
struct fe_system_info;
bool guest_is_as_before(const struct fe_system_info *before, uint64_t slack);
