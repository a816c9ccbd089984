// SPDX-License-Identifier: MIT
// The Internet checksum's sum (RFC 1071), by words of 32 bits into sums of 64; and copies.
#include "bulk.h"

#include <arch/cc.h>

#include <string.h>

uint16_t lwip_checksum(const void *data, int size)
{
    const uint8_t *at = data;
    size_t left = (size_t)size, blocks = left / BULK_BLOCK;
    uint64_t sum = blocks != 0 ? lwip_sum_blocks(at, blocks) : 0;
    at += blocks * BULK_BLOCK;
    left -= blocks * BULK_BLOCK;
    for (; left >= 8; left -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        sum += (word & UINT32_MAX) + (word >> 32);
    }
    uint64_t rest = 0; // a missing byte counts as zero
    if ((left & 4) != 0) memcpy(&rest, at, 4);
    sum += rest;
    rest = 0;
    memcpy(&rest, at + (left & 4), left & 3);
    sum += rest;
    sum = (sum & UINT32_MAX) + (sum >> 32);
    sum = (sum & UINT32_MAX) + (sum >> 32);
    sum = (sum & UINT16_MAX) + (sum >> 16);
    sum = (sum & UINT16_MAX) + (sum >> 16);
    return (uint16_t)sum;
}

void lwip_copy(void *to, const void *from, size_t size)
{
    size_t whole = size / BULK_BLOCK * BULK_BLOCK;
    lwip_copy_blocks(to, from, size / BULK_BLOCK);
    memcpy((uint8_t *)to + whole, (const uint8_t *)from + whole, size - whole);
}
