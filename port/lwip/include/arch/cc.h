// SPDX-License-Identifier: MIT
// What lwIP asks of the compiler and the system: where random numbers come from, how it complains,
// and that a broken invariant ends the service, which is then started anew.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define LWIP_ERRNO_STDINCLUDE 1
#define LWIP_PLATFORM_DIAG(text) (printf text)
#define LWIP_PLATFORM_ASSERT(text) lwip_assertion_failed((text), __FILE__, __LINE__)

// Unpredictable: ports, identifiers and transaction numbers are made of it.
uint32_t lwip_random(void);
#define LWIP_RAND() lwip_random()
// Once true, it stays so. Until then what is drawn can be guessed: no connection to or from another
// host is made, nor a temporary address.
bool lwip_random_is_secret(void);

// The user of lwIP says where a broken invariant is reported; the process ends.
[[noreturn]] void lwip_assertion_failed(const char *text, const char *file, int line);

// The ones' complement sum of the bytes, as words of 16 bits in the order of this machine.
uint16_t lwip_checksum(const void *data, int size);
// As memcpy, for what is often large.
void lwip_copy(void *to, const void *from, size_t size);

// heap.c
void *lwip_heap_allocate(size_t size);
void *lwip_heap_allocate_zeroed(size_t count, size_t size);
void lwip_heap_free(void *bytes);
size_t lwip_heap_kept(void); // bytes that nobody has

// loopback.c: what arrives of a packet that is sent to this host itself. NULL: no memory.
struct pbuf;
struct pbuf *lwip_loopback_packet(struct pbuf *packet);
