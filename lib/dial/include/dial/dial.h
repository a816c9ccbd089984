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
