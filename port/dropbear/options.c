// SPDX-License-Identifier: MIT
// Options: all as they are, but that the host's key is in the environment, as hexadecimal digits
// of the seed and of the public key.
#include "includes.h"
#include "buffer.h"
#include "dbutil.h"
#include "runopts.h"
#include "signkey.h"
#include "ssh.h"

enum { KEY_SIZE = 64 };

static int key_of_environment(const char *file, sign_key *key, enum signkey_type *type)
{
    unsigned char bytes[KEY_SIZE];
    const char *text = getenv("HOSTKEY");
    if (text == NULL || strlen(text) != sizeof bytes * 2) return DROPBEAR_FAILURE;
    for (unsigned i = 0; i < sizeof bytes; i++)
        if (sscanf(text + 2 * i, "%2hhx", &bytes[i]) != 1) return DROPBEAR_FAILURE;
    unsetenv("HOSTKEY");
    buffer *form = buf_new(200);
    buf_putstring(form, SSH_SIGNKEY_ED25519, SSH_SIGNKEY_ED25519_LEN);
    buf_putstring(form, (const char *)bytes, sizeof bytes);
    buf_setpos(form, 0);
    int result = buf_get_priv_key(form, key, type);
    buf_burn_free(form);
    m_burn(bytes, sizeof bytes);
    return result;
}

#define readhostkey(file, key, type) key_of_environment(file, key, type)
#include "svr-runopts.c"
