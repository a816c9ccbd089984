// SPDX-License-Identifier: MIT
// What lwIP asks of the compiler and the system: where random numbers come from, how it complains,
// and that a broken invariant ends the service, which is then started anew.
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define LWIP_ERRNO_STDINCLUDE 1
#define LWIP_PLATFORM_DIAG(text) (printf text)
#define LWIP_PLATFORM_ASSERT(text) lwip_assertion_failed((text), __FILE__, __LINE__)

// Unpredictable: ports, identifiers and transaction numbers are made of it.
uint32_t lwip_random(void);
#define LWIP_RAND() lwip_random()

// The user of lwIP says where a broken invariant is reported; the process ends.
[[noreturn]] void lwip_assertion_failed(const char *text, const char *file, int line);
