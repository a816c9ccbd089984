// SPDX-License-Identifier: MIT
// Finds what belongs to a question, by a hash table that grows with need. What has a place in it is
// its owner's, and begins with that place.
#pragma once

#include "message.h"

struct place {
    struct place *next; // in its bucket
    struct question question;
};

struct index {
    struct place **buckets;
    size_t size, count;
    uint32_t key; // of the hash
};

// nullptr: there is none.
struct place *index_find(const struct index *index, const struct question *question);
// One that is not there yet; its question is set. False: no memory.
bool index_add(struct index *index, struct place *place);
void index_remove(struct index *index, struct place *place);
