// SPDX-License-Identifier: MIT
// What every tool that signs is asked in the same way: [-k KEYS] [-n NAME] IN OUT. KEYS/NAME.key is
// the secret; without the options $KEYS or out/keys, and system.
#pragma once

#include <support/key.h>

struct signing {
    struct secret secret;
    const char *in, *out;
};

// Reads the secret, too. Complains, with what `operands` calls the two files, about anything else.
void signing_read(int count, char **arguments, const char *operands, struct signing *signing);
