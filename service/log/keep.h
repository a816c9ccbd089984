// SPDX-License-Identifier: MIT
// The service that writes the messages to a disk: keep.c.
#pragma once

// Writes what /dev/logs/follow gives to files in the folder. 0: they cannot be written there; else
// what the process ends with.
int keep(const char *folder);
