// SPDX-License-Identifier: MIT
// Paths, lexically: "." and ".." are resolved as text, as in Plan 9, so ".." never meets a link.
#pragma once

#include <abi/status.h>
#include <stddef.h>

enum : size_t { FE_PATH_MAX = 4096 };

// Writes the absolute, clean form of `path` (relative to `directory`, an absolute path) to `to`.
// Clean: starts with
// '/', single slashes, no "." or "..", no trailing slash but for "/" itself. ERR_TOO_LARGE when it
// does not fit, ERR_NOT_FOUND when `path` is empty. *length may be nullptr.
enum status fe_path_resolve(const char *directory, const char *path, char *to, size_t capacity,
                            size_t *length);

// The part after the last slash of a clean path ("" of "/").
const char *fe_path_last(const char *path);
