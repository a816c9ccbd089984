// SPDX-License-Identifier: MIT
// Bind, mount and unmount by names that may be relative.
#include "internal.h"

#include <9p/client.h>
#include <9p/mount.h>
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <ferrite/namespace.h>
#include <ferrite/path.h>
#include <ferrite/status.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int answer(int result)
{
    if (result == 0) return 0;
    errno = -result;
    return -1;
}

static int whole_path(const char *name, char path[static FE_PATH_MAX])
{
    char directory[FE_PATH_MAX] = "/";
    if (name[0] != '/' && getcwd(directory, sizeof directory) == nullptr) return -errno;
    enum status status = fe_path_resolve(directory, name, path, FE_PATH_MAX, nullptr);
    return status == OK ? 0 : -fe_status_errno(status);
}

int names_path(const char *name, char path[static FE_PATH_MAX])
{
    return answer(whole_path(name, path));
}

// Not on the stack, which is small on some machines: what is called with them has its own there.
struct two_paths {
    char from[FE_PATH_MAX], to[FE_PATH_MAX];
};

int names_bind(const char *old, const char *new_path, uint32_t flags)
{
    struct two_paths *path = malloc(sizeof *path);
    if (path == nullptr) return answer(-ENOMEM);
    int result = whole_path(old, path->from);
    if (result == 0) result = whole_path(new_path, path->to);
    if (result == 0) result = p9_bind(path->from, path->to, flags);
    free(path);
    return answer(result);
}

// A posted connector; -ENOTTY: the file is none.
static int posted(const char *path, fe_handle *connector)
{
    struct p9_file *file;
    struct p9_control take = {.request = CONTROL_CONNECTOR_TAKE, .receive_most = 1};
    int result = p9_open(path, OPEN_READ, 0, &file);
    if (result != 0) return result;
    bool is_directory = (file->qid_kind & QID_DIRECTORY) != 0;
    result = is_directory ? -ENOTTY : p9_control(file, &take);
    p9_close(file);
    if (result != 0) return result;
    if (take.received_count == 0) return -EPROTO;
    *connector = take.received[0];
    return 0;
}

static bool is_mounted(fe_handle name_space, const char *path)
{
    uint64_t mount;
    size_t length;
    return fe_namespace_find(name_space, path, 0, &mount, &length) == OK && length == strlen(path);
}

// What `path` leads to in a service that is posted as the first part of it: a file, which has
// nothing below it itself.
static int find_posted(const char *path, struct p9_parts *parts)
{
    fe_handle connector;
    char file[FE_PATH_MAX], *slash;
    memcpy(file, path, strlen(path) + 1);
    int result = posted(file, &connector);
    while (result == -ENOTDIR && (slash = strrchr(file, '/')) != file) {
        *slash = '\0';
        result = posted(file, &connector);
    }
    if (result != 0) return result;
    const char *start = path + strlen(file);
    result = p9_parts_attach(connector, *start == '/' ? start + 1 : start, path, parts);
    fe_handle_drop(&connector);
    return result;
}

int names_find(fe_handle name_space, const char *service, struct p9_parts *parts)
{
    char path[FE_PATH_MAX];
    int result = whole_path(service, path);
    if (result != 0) return result;
    p9_namespace_set(name_space);
    result = is_mounted(name_space, path) ? -ENOTTY : find_posted(path, parts);
    return result == -ENOTTY ? p9_parts_find(path, parts) : result;
}

int names_mount(const char *service, const char *path, uint32_t flags)
{
    char to[FE_PATH_MAX];
    struct p9_parts parts;
    int result = whole_path(path, to);
    if (result == 0) result = names_find(FE_NO_HANDLE, service, &parts);
    if (result != 0) return answer(result);
    result = p9_parts_mount(&parts, to, flags);
    p9_parts_free(&parts);
    return answer(result);
}

int names_post(fe_handle connector, const char *service, uint32_t mode)
{
    char path[FE_PATH_MAX];
    struct p9_file *file;
    fe_handle copy;
    int result = whole_path(service, path);
    if (result == 0) result = p9_open(path, OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE, mode, &file);
    if (result != 0) return answer(result);
    enum status status = fe_handle_copy(connector, &copy);
    struct p9_control post = {.request = CONTROL_CONNECTOR_POST, .send = &copy, .send_count = 1};
    result = status == OK ? p9_control(file, &post) : -fe_status_errno(status);
    p9_close(file);
    if (result != 0) (void)p9_remove(path, 0);
    return answer(result);
}

int names_unmount(const char *source, const char *path)
{
    struct two_paths *whole = malloc(sizeof *whole);
    if (whole == nullptr) return answer(-ENOMEM);
    int result = whole_path(path, whole->to);
    if (result == 0 && source != nullptr) result = whole_path(source, whole->from);
    if (result == 0) result = p9_unmount(source == nullptr ? nullptr : whole->from, whole->to);
    free(whole);
    return answer(result);
}

static int status_answer(enum status status)
{
    return answer(status == OK ? 0 : -fe_status_errno(status));
}

int names_clone(fe_handle *copy)
{
    return status_answer(fe_namespace_clone(fe_namespace_self(), copy));
}

int names_new(fe_handle *empty)
{
    return status_answer(fe_namespace_create(empty));
}

void names_enter(fe_handle name_space)
{
    fe_namespace_self_set(name_space);
    p9_namespace_set(name_space);
}
