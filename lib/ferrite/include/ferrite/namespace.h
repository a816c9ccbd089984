// SPDX-License-Identifier: MIT
// Namespaces by NUL-terminated paths. `name_space` FE_NO_HANDLE means the program's own.
#pragma once

#include <abi/object.h>
#include <abi/status.h>
#include <stddef.h>

fe_handle fe_namespace_self(void);
// Another one from now on, for this program and what it starts; takes the handle over. Once, and
// before other threads look at names.
void fe_namespace_self_set(fe_handle name_space);
fe_handle fe_namespace_changed(void); // the one that was set; FE_NO_HANDLE: none

// The `index`th mount that `path` leads to (index 0 first; more than one where directories are
// united), the bytes of `path` that its prefix takes. ERR_NOT_FOUND past the last.
enum status fe_namespace_find(fe_handle name_space, const char *path, uint32_t index,
                              uint64_t *mount, size_t *length);

// Mounts a connector (duplicated: the caller keeps its own). `start`: path within the server, ""
// for its root.
enum status fe_namespace_attach(fe_handle name_space, const char *path, fe_handle connector,
                                const char *start, uint32_t flags, uint64_t *mount);
