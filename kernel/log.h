// SPDX-License-Identifier: MIT
// The kernel's log: a ring of text that log_read gives to user space, copied to the debug console
// as long as nobody else owns it. printf-like: %s %c %d %u %x %lx %lu %ld %zu %p, width and zero
// padding.
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

[[gnu::format(printf, 1, 2)]] void log_print(const char *format, ...);

// As snprintf, for what log_print understands: always terminates, returns the length it wanted.
[[gnu::format(printf, 3, 0)]] size_t log_format(char *to, size_t size, const char *format,
                                                va_list arguments);
void log_write(const char *text, size_t size);

// The same for a process, by its object's id.
void log_write_by(uint64_t process, const char *text, size_t size);

// What is known of a piece of the log, which is what was written at once.
struct log_stamp {
    uint64_t start;   // its position
    uint64_t time;    // ns since boot; 0: while the machine started, or long ago
    uint64_t process; // id; 0: the kernel itself
};

// As log_copy, up to the end of a piece only.
size_t log_piece(uint64_t *position, char *to, size_t size, struct log_stamp *stamp);

// Signals `event` (nullptr: nobody's) when there is something new, until another one replaces it.
struct event;
void log_watch(struct event *event, uint64_t bits);
struct event *log_watcher(void);
void log_tell(void); // at once; it is told soon in any case

// Bytes ever written. The ring holds the last of them.
uint64_t log_end(void);

// Copies up to `size` bytes from *position (moved up to the oldest that is still there).
size_t log_copy(uint64_t *position, char *to, size_t size);

// Whether what the console does not take at once waits for it (patient) or all else does. The
// latter also shows what has waited.
void log_set_patient(bool patient);

// Gives the console a few characters more; true: there are others, and it may take them.
bool log_show(void);

// Quiet: what is written goes to the ring only.
void log_set_quiet(bool quiet);

// Prints the reason and a backtrace, and ends the machine; a release starts it again.
[[noreturn, gnu::format(printf, 1, 2)]] void panic(const char *format, ...);

// Ends the start of a machine that cannot be started as it is, or with what it was given: prints
// why, in one line, and stops.
[[noreturn, gnu::format(printf, 1, 2)]] void boot_refuse(const char *format, ...);

// Prints return addresses from the frame pointer `base` on, by name where the kernel knows one.
void panic_backtrace(uintptr_t base);

#define ASSERT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) [[clang::unlikely]]                                                      \
            panic("%s:%d: not true: %s", __FILE__, __LINE__, #condition);                          \
    } while (0)
