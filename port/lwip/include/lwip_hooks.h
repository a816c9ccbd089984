// SPDX-License-Identifier: MIT
// Where lwIP lets us decide: the number at which a new connection's stream starts.
#pragma once

#include <lwip/ip_addr.h>

// RFC 6528: a clock that advances every 4 microseconds plus a keyed hash of both ends, so that
// nobody outside can guess it and a connection made again soon does not overlap its predecessor.
u32_t lwip_initial_sequence(const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote,
                            u16_t remote_port);
#define LWIP_HOOK_TCP_ISN lwip_initial_sequence
