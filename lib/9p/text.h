// SPDX-License-Identifier: MIT
// The text of a generated file: grows by doubling; one that could not grow is marked and fails at
// the end.
#pragma once

#include <9p/tree.h>

struct p9_text {
    char *bytes;
    size_t size, capacity;
    bool has_failed;
};
