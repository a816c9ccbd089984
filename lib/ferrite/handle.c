// SPDX-License-Identifier: MIT
// Handles: closing, copying, and the program's own.
#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/memory.h>
#include <ferrite/namespace.h>
#include <ferrite/start.h>
#include <ferrite/libc.h>

void fe_handle_drop(fe_handle *handle)
{
    if (*handle == FE_NO_HANDLE) return;
    [[maybe_unused]] enum status status = fe_handle_close(*handle);
    *handle = FE_NO_HANDLE;
}

enum status fe_handle_copy(fe_handle handle, fe_handle *copy)
{
    return fe_handle_duplicate(handle, RIGHT_ALL, copy);
}

fe_handle fe_process_self(void)
{
    static fe_handle self;
    if (self == FE_NO_HANDLE) self = fe_start_handle("self");
    return self;
}

static fe_handle own_namespace;
static bool is_changed;

fe_handle fe_namespace_self(void)
{
    if (own_namespace == FE_NO_HANDLE) own_namespace = fe_start_handle("namespace");
    return own_namespace;
}

void fe_namespace_self_set(fe_handle name_space)
{
    fe_handle old = fe_namespace_self();
    own_namespace = name_space;
    is_changed = true;
    fe_handle_drop(&old);
}

fe_handle fe_namespace_changed(void)
{
    return is_changed ? own_namespace : FE_NO_HANDLE;
}

enum status fe_namespace_find(fe_handle name_space, const char *path, uint32_t index,
                              uint64_t *mount, size_t *length)
{
    uint32_t flags;
    fe_handle where = name_space ? name_space : fe_namespace_self();
    return fe_namespace_resolve(where, path, strlen(path), index, mount, length, &flags);
}

enum status fe_namespace_attach(fe_handle name_space, const char *path, fe_handle connector,
                                const char *start, uint32_t flags, uint64_t *mount)
{
    fe_handle where = name_space ? name_space : fe_namespace_self();
    return fe_namespace_mount(where, path, strlen(path), start, strlen(start), connector, flags,
                              mount);
}
