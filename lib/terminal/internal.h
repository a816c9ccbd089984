// SPDX-License-Identifier: MIT
// What the library's files share.
#pragma once

#include <terminal/file.h>

extern struct p9_file *terminal_process; // the process service; nullptr: none, and no signals

void terminal_signal(struct terminal *terminal, int number); // to the foreground group
