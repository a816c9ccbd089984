// SPDX-License-Identifier: MIT
// The server's half of key exchanges: all as it is, but that the signature is the service's.
#include "includes.h"
#include "signkey.h"

#include "host.h"

#define buf_put_sign(to, key, type, hash) host_put_signature(to)
#include "svr-kex.c"
