// SPDX-License-Identifier: MIT
// Between the parts of this library.
#pragma once

#include <fileserver/fileserver.h>

extern const struct file_system *served; // this process's
