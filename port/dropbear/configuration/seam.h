// SPDX-License-Identifier: MIT
// Where the server meets Ferrite. It runs as nobody, in an empty namespace, with no more than the
// connection and an open file of the service of logins (logins(4)): all that it knows of the user is
// the name that the peer gave.
#pragma once

#include <pwd.h>
#include <sys/socket.h>

// The same entry for every name, so that the peer learns nothing: who may log in is decided by the
// service alone.
struct passwd *seam_user(const char *name);
#define getpwnam(name) seam_user(name)

// The ends of the connection are not told: it is no socket here. Others tell their own.
int seam_address(int descriptor, struct sockaddr *address, socklen_t *size);
#define getpeername(descriptor, address, size) seam_address(descriptor, address, size)
int seam_own_address(int descriptor, struct sockaddr *address, socklen_t *size);
#define getsockname(descriptor, address, size) seam_own_address(descriptor, address, size)
