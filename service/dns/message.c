// SPDX-License-Identifier: MIT
// Messages: questions, and what they have in common with answers.
#include "message.h"

#include <stdlib.h>
#include <string.h>

#include "wire.h"

size_t question_write(const struct name *name, uint16_t type, uint16_t id, uint8_t *to)
{
    memset(to, 0, HEADER_SIZE);
    put16(to, id);
    put16(to + 2, FLAG_WISH);
    put16(to + 4, 1);
    memcpy(to + HEADER_SIZE, name->bytes, name->size);
    put16(to + HEADER_SIZE + name->size, type);
    put16(to + HEADER_SIZE + name->size + 2, CLASS_IN);
    return HEADER_SIZE + name->size + 4;
}

bool question_read(const uint8_t *bytes, size_t size, uint16_t *id, struct question *question)
{
    size_t at = HEADER_SIZE;
    if (size < HEADER_SIZE || (get16(bytes + 2) & (FLAG_ANSWER | MASK_OPERATION)) != 0)
        return false;
    if (get16(bytes + 4) != 1 || !name_read(bytes, size, &at, &question->name)) return false;
    if (size - at < 4 || get16(bytes + at + 2) != CLASS_IN) return false;
    *id = get16(bytes);
    question->type = get16(bytes + at);
    return true;
}

bool answer_begin(struct answer *answer, const struct question *question)
{
    uint8_t *bytes = realloc(answer->bytes, QUESTION_MOST);
    if (bytes == nullptr) return false;
    answer->bytes = bytes;
    answer->question = *question;
    answer->last = question->name;
    answer->last_at = HEADER_SIZE;
    answer->links = 0;
    answer->ttl = TTL_MOST;
    answer->count = 0;
    answer->size = question_write(&question->name, question->type, 0, answer->bytes);
    return true;
}

void answer_fini(struct answer *answer)
{
    free(answer->bytes);
    answer->bytes = nullptr;
}

void answer_end(struct answer *answer, uint8_t code)
{
    put16(answer->bytes + 2, FLAG_ANSWER | FLAG_WISH | FLAG_AVAILABLE | code);
    put16(answer->bytes + 6, answer->count);
}

bool record_read(const uint8_t *bytes, size_t size, size_t *at, struct record *record)
{
    enum : size_t { FIXED = 10 };
    if (!name_read(bytes, size, at, &record->owner) || size - *at < FIXED) return false;
    record->type = get16(bytes + *at);
    record->class = get16(bytes + *at + 2);
    record->ttl_at = *at + 4;
    record->ttl = get32(bytes + *at + 4);
    if (record->ttl > INT32_MAX) record->ttl = 0; // RFC 2181, section 8
    record->data_size = get16(bytes + *at + 8);
    record->data_at = *at + FIXED;
    if (size - record->data_at < record->data_size) return false;
    *at = record->data_at + record->data_size;
    return true;
}

size_t records_begin(const uint8_t *bytes, size_t size, uint32_t *count)
{
    size_t at = HEADER_SIZE;
    struct name name;
    *count = size < HEADER_SIZE ? 0 : get16(bytes + 6);
    if (*count == 0 || !name_read(bytes, size, &at, &name)) *count = 0;
    return at + 4;
}
