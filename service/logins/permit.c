// SPDX-License-Identifier: MIT
// Who asks may have been taken over by its peer. What it gets signed is therefore made here, of all
// that goes into an exchange's hash: no hash of its own, nothing of another protocol, and no
// exchange with another host's key.
#include "permit.h"

#include <crypto/ed25519.h>
#include <errno.h>
#include <string.h>

static int check(struct permit *permit, bool is_proved, const struct sshkey_exchange *exchange)
{
    struct sha512 hash;
    uint8_t versions[sizeof permit->versions];
    if (permit->has_begun && !is_proved) return -EPERM;
    sha512_init(&hash);
    sha512_update(&hash, exchange->versions.data, exchange->versions.size);
    sha512_final(&hash, versions);
    if (permit->has_begun && memcmp(versions, permit->versions, sizeof versions) != 0)
        return -EPERM;
    memcpy(permit->versions, versions, sizeof versions);
    permit->has_begun = true;
    return 0;
}

int permit_ask(struct permit *permit, bool is_proved, struct sshkey_bytes key,
               struct sshkey_bytes message, struct sshkey_exchange *exchange)
{
    if (permit->is_spent) return -EPERM;
    int result = -EINVAL;
    if (sshkey_exchange_read(message, exchange) && exchange->key.size == key.size &&
        memcmp(exchange->key.data, key.data, key.size) == 0)
        result = check(permit, is_proved, exchange);
    permit->is_spent = result != 0;
    return result;
}
