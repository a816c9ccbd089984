// SPDX-License-Identifier: MIT
// Namespaces for programs of the C library: names may be relative to the working directory, and
// errors are in errno. See bind(1), namespace(5).
#pragma once

#include <abi/object.h>
#include <ferrite/path.h>
#include <stddef.h>
#include <stdint.h>

// The name from the root on, clean. 0, or -1 and errno.
int names_path(const char *name, char path[static FE_PATH_MAX]);

// `flags`: MOUNT_REPLACE, MOUNT_BEFORE or MOUNT_AFTER, and MOUNT_CREATE. 0, or -1 and errno.
int names_bind(const char *old, const char *new_path, uint32_t flags);
// What is posted as the file `service` (srv(4)), or mounted there, at `path`.
int names_mount(const char *service, const char *path, uint32_t flags);
// Posts a connector as the new file `service` of /srv, for those whom `mode` lets read it; the
// handle stays the caller's. The file stays until it is removed.
int names_post(fe_handle connector, const char *service, uint32_t mode);
// nullptr: all that is mounted at `path`.
int names_unmount(const char *source, const char *path);

// The options -a, -b and -c of bind and mount. False: another one, or -a and -b.
bool names_option(int option, uint32_t *flags);

// A process's own namespace: a new handle, with all rights that it has itself.
int names_clone(fe_handle *copy); // of the own one
int names_new(fe_handle *empty);
// This program, and what it starts, sees `name_space` from now on; takes the handle over.
void names_enter(fe_handle name_space);

// Where the commands of a namespace file find what they name and mount it.
struct names_place {
    fe_handle from; // mount: whose /srv
    fe_handle to;   // the table that is changed; bind finds its names there, too
};
// Runs a namespace file's text. 0, or -1 and errno, and *line is the one that failed.
int names_run(const char *text, const struct names_place *place, unsigned *line);
