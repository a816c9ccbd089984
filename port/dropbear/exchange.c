// SPDX-License-Identifier: MIT
// Key exchanges: all as they are, but that the service of logins is asked for the signature as soon
// as everything is there that is signed. What it signs is the hash of this; see permit.c there.
#define finish_kexhashbuf finish_exchange
#include "common-kex.c"
#undef finish_kexhashbuf

#include "host.h"

void finish_kexhashbuf(void)
{
    host_sign(ses.kexhashbuf->data, ses.kexhashbuf->len);
    finish_exchange();
}
