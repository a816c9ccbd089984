// SPDX-License-Identifier: MIT
// A terminal as a file of a server: what reads, writes, polls and control requests of programs do
// to its line discipline. What is behind it, a serial line or a pty's master, is a table of
// functions. Whose controlling terminal it is and which group is in its foreground the process
// service knows, by the terminal's device number; it also sends the signals. One thread, no locks.
#pragma once

#include <9p/client.h>
#include <9p/server.h>
#include <terminal/discipline.h>

struct terminal_file;

struct terminal_behind {
    const char *(*name)(const struct terminal_file *file); // its path
    void (*flush)(struct terminal_file *file);             // takes what it can out of the output
    bool (*is_sent)(struct terminal_file *file); // nullptr: what was written has been sent
    void (*resized)(struct terminal_file *file); // nullptr: nobody else wants to know
    void (*freed)(struct terminal_file *file);   // there is room for input again; may be nullptr
};

struct terminal_file {
    struct p9_node node; // first; node.device is the terminal's number
    struct terminal terminal;
    const struct terminal_behind *behind;
    bool is_hung_up;            // for good: reads get the end, all else EIO
    uint64_t arrived;           // ns, when the last input came; kept when a read may depend on it
    uint64_t wakes;             // ns, when a reader wants to look again; FE_FOREVER: none does
    struct terminal_file *next; // of all
};

// Once: the process service's session, and the event that gets `bit` when terminal_time_passed is
// to be called.
void terminal_files_init(struct p9_server *server, struct p9_file *process, uint64_t bit);
// `node` but for its mode, owner and device is set here.
void terminal_file_init(struct terminal_file *file, const struct terminal_behind *behind);
void terminal_file_fini(struct terminal_file *file);

// The event's bit came.
void terminal_time_passed(void);
// The event's one alarm is also the server's: at `deadline` the bit comes in any case.
void terminal_time_also(uint64_t deadline);

// Bytes from behind; how many were taken.
size_t terminal_file_input(struct terminal_file *file, const uint8_t *from, size_t count);
// Nobody is behind any more: SIGHUP.
void terminal_file_hang_up(struct terminal_file *file);

// Operations of the file itself, and its control requests for a file that stands for it.
int64_t terminal_file_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                           void *to, size_t count);
int64_t terminal_file_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                            const void *from, size_t count);
uint32_t terminal_file_ready(struct p9_open *open);
int terminal_file_control(struct p9_request *request, struct p9_open *open, uint32_t control);
int terminal_control(struct terminal_file *file, struct p9_request *request, uint32_t control);
