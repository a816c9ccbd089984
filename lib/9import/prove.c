// SPDX-License-Identifier: MIT
// Proving that one has the key, on the file that an auth request opens; see auth in exportfs(1).
#include "internal.h"

int remote_prove(struct worker *worker, uint32_t uid, uint32_t *proof)
{
    return -EOPNOTSUPP;
}
