// SPDX-License-Identifier: MIT
// The host's key is the service of logins' own (logins(4)). It is asked here once whether there is
// one, so that it is made before the first peer comes, and nobody is answered without.
#include "sshd.h"

#include <sshkey/sshkey.h>

int host_key_check(void)
{
    struct p9_file *conversation;
    uint8_t key[SSHKEY_ED25519_KEY];
    struct p9_control ask = {
        .request = CONTROL_LOGIN_HOST_KEY, .reply = key, .reply_capacity = sizeof key};
    int result = p9_open("/srv/logins", OPEN_READ_WRITE, 0, &conversation);
    if (result != 0) return result;
    result = p9_control(conversation, &ask);
    p9_close(conversation);
    return result;
}
