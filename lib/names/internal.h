// SPDX-License-Identifier: MIT
// What the library's files share.
#pragma once

#include <9p/mount.h>
#include <names/names.h>

// What a mount of `service` puts at its place, as `name_space` has it (FE_NO_HANDLE: the program's
// own), in which names are found from then on. 0 or a negative errno.
int names_find(fe_handle name_space, const char *service, struct p9_parts *parts);
