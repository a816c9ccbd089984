// SPDX-License-Identifier: MIT
// What the host's key signs for one conversation: the exchange with which its connection begins
// and, as soon as the user is proved, others of the same connection.
#pragma once

#include <sshkey/sshkey.h>

struct permit {
    bool has_begun, is_spent;
    uint8_t versions[64]; // a digest of both sides', as the first exchange named them
};

// Whether `message` is to be signed; 0, with what was read in it, or a negative errno. After a
// refusal nothing is any more. EINVAL: it is no exchange with `key`; EPERM: another one before the
// proof, one of another connection, or after a refusal.
[[nodiscard]] int permit_ask(struct permit *permit, bool is_proved, struct sshkey_bytes key,
                             struct sshkey_bytes message, struct sshkey_exchange *exchange);
