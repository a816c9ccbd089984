// SPDX-License-Identifier: MIT
// What lwIP asks of the compiler and the system: where random numbers come from, how it complains,
// and that a broken invariant ends the service, which is then started anew.
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define LWIP_ERRNO_STDINCLUDE 1
#define LWIP_PLATFORM_DIAG(text) (printf text)
#define LWIP_PLATFORM_ASSERT(text)                                                                 \
    (fprintf(stderr, "lwip: %s (%s:%d)\n", (text), __FILE__, __LINE__), abort())

// Unpredictable: ports, identifiers and transaction numbers are made of it.
uint32_t lwip_random(void);
#define LWIP_RAND() lwip_random()
