// SPDX-License-Identifier: MIT
// Numbers of a protocol's conversations: small ones, that are given again when they are free.
// Taking and giving back take the same time however many there are.
#pragma once

#include <stdint.h>

struct numbers {
    uint32_t *free; // room for all that were ever given, so that giving back cannot fail
    uint32_t free_count, room;
    uint32_t next; // has never been given
};

// The number given back last, else a new one. False: no memory.
bool number_take(struct numbers *numbers, uint32_t *number);
void number_give(struct numbers *numbers, uint32_t number);
