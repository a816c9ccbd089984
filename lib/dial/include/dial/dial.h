// SPDX-License-Identifier: MIT
// Conversations by the files of net(4).
#pragma once

#include <9p/client.h>

enum : size_t { DIAL_FOLDER_SIZE = 32 };

// The folder of the conversation whose ctl is open, "/net/tcp/5". 0 or a negative errno.
int dial_folder(struct p9_file *control, const char *protocol, char folder[DIAL_FOLDER_SIZE]);

// Connects to address!port. Both files are opened with OPEN_NONBLOCK, and the connection may be
// under way: data then is written to when it is made. 0 or a negative errno; what is not nullptr is
// the caller's to close in any case.
int dial(const char *protocol, const char *address, struct p9_file **control,
         struct p9_file **data);

// Hears of changes in what the network tells: name servers, the domain, time servers.
struct dial_watch {
    struct p9_file *file; // nullptr: not yet open
    bool is_coming;       // an address is being got, which may bring them
    bool is_armed;        // the event gets the bits at the next change: until then there is none
    uint64_t bits;
};

// Whether there was a change since the last call; at the first one there is. `event` gets `bits` at
// the next, and dial_signalled() is to be told of what it got: a call before that costs nothing.
bool dial_changed(struct dial_watch *watch, fe_handle event, uint64_t bits);
// The same, also of a change that the event got the bits for and that was not told yet.
bool dial_changed_now(struct dial_watch *watch, fe_handle event, uint64_t bits);
void dial_signalled(struct dial_watch *watch, uint64_t bits);
