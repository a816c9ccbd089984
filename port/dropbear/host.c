// SPDX-License-Identifier: MIT
// The host's key by the service of logins; see host.h.
#include "includes.h"
#include "host.h"

#include "buffer.h"
#include "dbutil.h"
#include "login.h"

#include <abi/9p.h>

enum { KEY_MOST = 256, SIGNATURE_MOST = 256 };

static unsigned char signature[SIGNATURE_MOST];
static size_t signature_size;

void host_sign(const unsigned char *exchange, unsigned size)
{
    signature_size = sizeof signature;
    int result = login_tell(CONTROL_LOGIN_HOST_SIGN, exchange, size, signature, &signature_size);
    if (result != 0) dropbear_exit("The host's key did not sign: %s", strerror(-result));
}

void host_put_signature(buffer *to)
{
    buf_putstring(to, (const char *)signature, (unsigned)signature_size);
}

int host_read_key(sign_key *key, enum signkey_type *type)
{
    unsigned char bytes[KEY_MOST];
    size_t size = sizeof bytes;
    int result = login_tell(CONTROL_LOGIN_HOST_KEY, "", 0, bytes, &size);
    if (result != 0) dropbear_exit("The host has no key: %s", strerror(-result));
    buffer *form = buf_new((unsigned)size);
    buf_putbytes(form, bytes, (unsigned)size);
    buf_setpos(form, 0);
    result = buf_get_pub_key(form, key, type);
    buf_free(form);
    return result;
}
