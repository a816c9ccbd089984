// SPDX-License-Identifier: MIT
// The host's key, which the service of logins has and this process has not.
#pragma once

#include "signkey.h"

// Has an exchange signed; when it is not, the connection ends.
void host_sign(const unsigned char *exchange, unsigned size);

// Adds the signature that was given last.
void host_put_signature(buffer *to);

// The public half, for what the file of the key would be read by otherwise.
int host_read_key(sign_key *key, enum signkey_type *type);
