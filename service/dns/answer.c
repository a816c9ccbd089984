// SPDX-License-Identifier: MIT
// What a server sent: whether it answers the question, and those of its records that do.
#include "message.h"

#include <stdlib.h>
#include <string.h>

#include "wire.h"

enum : size_t { RECORD_HEAD = 12 };

struct sections {
    const uint8_t *bytes;
    size_t size, records; // where the records begin
    uint32_t answers, authorities;
};

static bool is_answer(const struct answer *answer, uint16_t id, struct sections *from)
{
    const uint8_t *bytes = from->bytes;
    struct name name;
    size_t at = HEADER_SIZE;
    if (from->size < HEADER_SIZE || get16(bytes) != id) return false;
    if ((get16(bytes + 2) & (FLAG_ANSWER | MASK_OPERATION)) != FLAG_ANSWER) return false;
    if (get16(bytes + 4) != 1 || !name_read(bytes, from->size, &at, &name)) return false;
    if (from->size - at < 4 || !name_equal(&name, &answer->last)) return false;
    if (get16(bytes + at) != answer->question.type || get16(bytes + at + 2) != CLASS_IN)
        return false;
    from->records = at + 4;
    from->answers = get16(bytes + 6);
    from->authorities = get16(bytes + 8);
    return true;
}

// All of its records are as they should be.
static bool is_whole(const struct sections *from)
{
    struct record record;
    size_t at = from->records;
    for (uint32_t i = 0; i < from->answers + from->authorities; i++) {
        if (!record_read(from->bytes, from->size, &at, &record)) return false;
    }
    return true;
}

static bool bytes_add(struct answer *answer, const void *bytes, size_t size)
{
    if (ANSWER_MOST - answer->size < size) return false;
    memcpy(answer->bytes + answer->size, bytes, size);
    answer->size += size;
    return true;
}

// So many bytes before names in the data, so many names, and so many after them; a type that is not
// here has none.
struct shape {
    uint16_t type;
    uint8_t before, names, after;
};

static struct shape shape_of(uint16_t type)
{
    static const struct shape shapes[] = {
        {TYPE_NS, 0, 1, 0}, {TYPE_CNAME, 0, 1, 0}, {TYPE_PTR, 0, 1, 0},
        {TYPE_MX, 2, 1, 0}, {TYPE_SRV, 6, 1, 0},   {TYPE_SOA, 0, 2, 20},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        if (shapes[i].type == type) return shapes[i];
    }
    return (struct shape){};
}

static bool has_right_size(const struct record *record)
{
    if (record->type == TYPE_A) return record->data_size == 4;
    return record->type != TYPE_AAAA || record->data_size == 16;
}

// The data with names that point nowhere; `last` becomes the last name.
static bool data_add(struct answer *answer, const struct sections *from,
                     const struct record *record, struct name *last)
{
    struct shape shape = shape_of(record->type);
    size_t at = record->data_at, end = at + record->data_size;
    if (!has_right_size(record)) return false;
    if (shape.type == 0) return bytes_add(answer, from->bytes + at, record->data_size);
    if (end - at < shape.before || !bytes_add(answer, from->bytes + at, shape.before)) return false;
    at += shape.before;
    for (uint32_t i = 0; i < shape.names; i++) {
        if (!name_read(from->bytes, end, &at, last)) return false;
        if (!bytes_add(answer, last->bytes, last->size)) return false;
    }
    return at <= end && end - at == shape.after && bytes_add(answer, from->bytes + at, shape.after);
}

// Adds a record of `last`. False: it is broken, or there is no room.
static bool record_add(struct answer *answer, const struct sections *from,
                       const struct record *record, struct name *target)
{
    size_t begin = answer->size;
    uint8_t head[RECORD_HEAD];
    put16(head, (uint16_t)(0xc000 | answer->last_at));
    put16(head + 2, record->type);
    put16(head + 4, CLASS_IN);
    put32(head + 6, record->ttl);
    if (bytes_add(answer, head, sizeof head) && data_add(answer, from, record, target)) {
        put16(answer->bytes + begin + 10, (uint16_t)(answer->size - begin - sizeof head));
        answer->count++;
        if (record->ttl < answer->ttl) answer->ttl = record->ttl;
        return true;
    }
    answer->size = begin;
    return false;
}

// Adds the records of `last` that have the type. Gives how many there are.
static uint32_t records_add(struct answer *answer, const struct sections *from, uint16_t type,
                            struct name *target)
{
    struct record record;
    size_t at = from->records;
    uint32_t found = 0;
    for (uint32_t i = 0; i < from->answers; i++) {
        if (!record_read(from->bytes, from->size, &at, &record)) break;
        bool is_asked = record.type == type && record.class == CLASS_IN;
        if (!is_asked || !name_equal(&record.owner, &answer->last)) continue;
        found += record_add(answer, from, &record, target);
        if (found > 0 && type == TYPE_CNAME) break; // a name is an alias of one
    }
    return found;
}

// How long it may be remembered that there is nothing: by the zone's record (RFC 2308, section 5).
static bool negative_note(struct answer *answer, const struct sections *from)
{
    struct record record;
    size_t at = from->records;
    for (uint32_t i = 0; i < from->answers + from->authorities; i++) {
        if (!record_read(from->bytes, from->size, &at, &record)) break;
        if (i < from->answers || record.type != TYPE_SOA || record.data_size < 4) continue;
        if (!name_is_below(&answer->last, &record.owner)) continue;
        uint32_t least = get32(from->bytes + record.data_at + record.data_size - 4);
        uint32_t ttl = least < record.ttl ? least : record.ttl;
        if (ttl > NEGATIVE_TTL_MOST) ttl = NEGATIVE_TTL_MOST;
        if (ttl < answer->ttl) answer->ttl = ttl;
        return true;
    }
    return false;
}

// Adds what the message says of `last`, and of what that is an alias of, and so on. OUTCOME_MORE:
// it says nothing (more).
static enum outcome links_follow(struct answer *answer, const struct sections *from)
{
    struct name target, unused;
    uint16_t type = answer->question.type;
    while (records_add(answer, from, type, &unused) == 0) {
        size_t data_at = answer->size + RECORD_HEAD;
        if (type == TYPE_CNAME || records_add(answer, from, TYPE_CNAME, &target) == 0)
            return OUTCOME_MORE;
        answer->last = target;
        answer->last_at = data_at;
        if (++answer->links > LINKS_MOST) return OUTCOME_FAILED;
    }
    return OUTCOME_FOUND;
}

// Of the room for the answer: as much as one may need while it is read, and then what it needs.
static bool room_set(struct answer *answer, size_t room)
{
    uint8_t *bytes = realloc(answer->bytes, room);
    if (bytes != nullptr) answer->bytes = bytes;
    return bytes != nullptr;
}

static enum outcome whole_read(struct answer *answer, const struct sections *from, uint16_t code)
{
    uint32_t links = answer->links;
    enum outcome outcome = links_follow(answer, from);
    if (outcome != OUTCOME_MORE) return outcome;
    bool is_told = negative_note(answer, from);
    if (code == CODE_OK && answer->links > links && !is_told) return OUTCOME_MORE;
    if (!is_told) answer->ttl = 0;
    return code == CODE_NO_NAME ? OUTCOME_NO_NAME : OUTCOME_NO_DATA;
}

enum outcome answer_read(struct answer *answer, uint16_t id, const uint8_t *bytes, size_t size)
{
    struct sections from = {.bytes = bytes, .size = size};
    if (!is_answer(answer, id, &from)) return OUTCOME_WRONG;
    uint16_t flags = get16(bytes + 2), code = flags & MASK_CODE;
    if (flags & FLAG_TRUNCATED) return OUTCOME_TRUNCATED;
    if (code != CODE_OK && code != CODE_NO_NAME) return OUTCOME_FAILED;
    if (!is_whole(&from)) return OUTCOME_WRONG;
    if (!room_set(answer, ANSWER_MOST)) return OUTCOME_FAILED;
    enum outcome outcome = whole_read(answer, &from, code);
    (void)room_set(answer, answer->size);
    return outcome;
}
