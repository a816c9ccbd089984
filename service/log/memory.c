// SPDX-License-Identifier: MIT
// A message is cut into records of one size, with its source's name in front. One of which a record
// is missing, because the service ended meanwhile, is none.
#include "memory.h"

#include <kept/kept.h>
#include <stdlib.h>
#include <string.h>

enum : size_t { CELL = 100 };

struct record {
    uint64_t number, time;
    uint16_t size; // of the text, without the name
    uint8_t level, part;
    bool is_own;
    char text[CELL]; // this part of: name, NUL, text
};
static_assert((STORE_NAME_MAX + STORE_TEXT_MAX + CELL - 1) / CELL <= RECORDS_MAX);

struct found {
    const struct record *record;
    uint32_t number; // where it is kept
};

size_t memory_records(const char *name, size_t size)
{
    return (strlen(name) + 1 + size + CELL - 1) / CELL;
}

void memory_keep(struct message *message)
{
    char text[RECORDS_MAX * CELL];
    size_t name_size = strlen(message->source->name) + 1;
    memcpy(text, message->source->name, name_size);
    memcpy(text + name_size, message->text, message->size);
    struct record record = {.number = message->number,
                            .time = message->time,
                            .size = message->size,
                            .level = message->level,
                            .is_own = message->is_own};
    for (size_t i = 0; i < message->record_count; i++) {
        size_t left = name_size + message->size - i * CELL;
        record.part = (uint8_t)i;
        memcpy(record.text, text + i * CELL, left < CELL ? left : CELL);
        message->record[i] = kept_create(&record);
    }
}

void memory_drop(const struct message *message)
{
    for (size_t i = 0; i < message->record_count; i++) kept_remove(message->record[i]);
}

static int compare(const void *left, const void *right)
{
    const struct record *a = ((const struct found *)left)->record,
                        *b = ((const struct found *)right)->record;
    if (a->number != b->number) return a->number < b->number ? -1 : 1;
    return a->part - b->part;
}

static struct found *find_all(size_t *count)
{
    struct found *all = nullptr;
    size_t capacity = 0;
    uint32_t number = 0;
    const struct record *record;
    *count = 0;
    while ((record = kept_next(&number)) != nullptr) {
        if (*count == capacity) {
            capacity = capacity * 2 + 64;
            struct found *more = realloc(all, capacity * sizeof *all);
            if (more == nullptr) return all;
            all = more;
        }
        all[(*count)++] = (struct found){record, number};
    }
    return all;
}

// Puts one together from the `count` records that it has; `text` is for what it says.
static bool take(const struct found *found, size_t count, char text[RECORDS_MAX * CELL],
                 struct said *said)
{
    const struct record *first = found->record;
    for (size_t i = 0; i < count; i++) memcpy(text + i * CELL, found[i].record->text, CELL);
    size_t name_size = strnlen(text, STORE_NAME_MAX);
    if (name_size == STORE_NAME_MAX || memory_records(text, first->size) != count) return false;
    *said = (struct said){.name = text,
                          .name_size = name_size,
                          .text = text + name_size + 1,
                          .text_size = first->size,
                          .level = (enum level)first->level,
                          .is_own = first->is_own,
                          .time = first->time};
    return true;
}

void memory_each(void *context,
                 struct message *(*each)(void *context, const struct said *said, uint64_t number))
{
    char text[RECORDS_MAX * CELL];
    struct said said;
    size_t all_count, count;
    if (kept_open(sizeof(struct record)) != OK) return;
    struct found *all = find_all(&all_count);
    if (all_count != 0) qsort(all, all_count, sizeof *all, compare);
    for (size_t at = 0; at < all_count; at += count) {
        const struct found *found = all + at;
        count = 1;
        while (at + count < all_count && count < RECORDS_MAX &&
               found[count].record->number == found->record->number)
            count++;
        struct message *message = nullptr;
        if (take(found, count, text, &said)) message = each(context, &said, found->record->number);
        for (size_t i = 0; i < count; i++) {
            if (message != nullptr)
                message->record[i] = found[i].number;
            else
                kept_remove(found[i].number);
        }
    }
    free(all);
    kept_finish();
}
