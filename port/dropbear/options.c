// SPDX-License-Identifier: MIT
// Options: all as they are, but that the service of logins tells the host's public key.
#include "includes.h"
#include "runopts.h"
#include "signkey.h"

#include "host.h"

#define readhostkey(file, key, type) host_read_key(key, type)
#include "svr-runopts.c"
