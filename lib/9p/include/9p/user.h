// SPDX-License-Identifier: MIT
// Who a session or connector acts for.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct p9_user {
    uint32_t uid, gid;
    const uint32_t *groups; // supplementary ones
    size_t group_count;
};
