// SPDX-License-Identifier: MIT
// The hash is a polynomial of the name's bytes at a point that is drawn anew with each growth:
// nobody can choose names that share a bucket.
#include "index.h"

#include <ferrite/entropy.h>
#include <stdlib.h>

enum : size_t { SIZE_MIN = 64 }; // a power of two, as all sizes
enum : uint64_t { PRIME = 0xfffffffb };

static struct place **bucket_of(const struct index *index, const struct question *question)
{
    uint64_t hash = question->type;
    for (size_t i = 0; i < question->name.size; i++) {
        uint8_t byte = question->name.bytes[i];
        if (byte >= 'A' && byte <= 'Z') byte += 'a' - 'A';
        hash = (hash * index->key + byte) % PRIME;
    }
    return &index->buckets[hash & (index->size - 1)];
}

static void bucket_put(const struct index *index, struct place *place)
{
    struct place **bucket = bucket_of(index, &place->question);
    place->next = *bucket;
    *bucket = place;
}

// Twice as large. False: it is as it was.
static bool index_grow(struct index *index)
{
    struct index grown = {.size = index->size == 0 ? SIZE_MIN : 2 * index->size};
    grown.buckets = calloc(grown.size, sizeof(struct place *));
    if (grown.buckets == nullptr) return false;
    grown.count = index->count;
    if (!fe_entropy(&grown.key, sizeof grown.key)) grown.key = 0x9e3779b1; // nobody asks by then
    for (size_t i = 0; i < index->size; i++) {
        for (struct place *place = index->buckets[i], *next; place != nullptr; place = next) {
            next = place->next;
            bucket_put(&grown, place);
        }
    }
    free(index->buckets);
    *index = grown;
    return true;
}

struct place *index_find(const struct index *index, const struct question *question)
{
    if (index->count == 0) return nullptr;
    struct place *place = *bucket_of(index, question);
    while (place != nullptr && (place->question.type != question->type ||
                                !name_equal(&place->question.name, &question->name)))
        place = place->next;
    return place;
}

bool index_add(struct index *index, struct place *place)
{
    bool is_full = index->count == index->size;
    if (is_full && !index_grow(index) && index->size == 0) return false;
    bucket_put(index, place);
    index->count++;
    return true;
}

void index_remove(struct index *index, struct place *place)
{
    struct place **at = bucket_of(index, &place->question);
    while (*at != place) at = &(*at)->next;
    *at = place->next;
    index->count--;
}
