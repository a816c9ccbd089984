// SPDX-License-Identifier: MIT
// Bytes to messages and back, by a table that has the layout of each: `1`, `2`, `4` and `8` are
// numbers of so many bytes, `q` is a qid, `s` a text, `d` data with its size, `n` names with their
// number, `v` qids with theirs; what follows `?` may be left out by the sender.
#include <9wire/wire.h>
#include <ferrite/libc.h>

#define BOTH(type, request, reply) [type] = request, [(type) + 1] = reply

static const char *const layout[] = {
    [WIRE_ERROR_REPLY] = "4",
    BOTH(WIRE_STATFS, "4", "448888884"),
    BOTH(WIRE_OPEN, "44", "q4"),
    BOTH(WIRE_CREATE, "4s444", "q4"),
    BOTH(WIRE_SYMLINK, "4ss4", "q"),
    BOTH(WIRE_MKNOD, "4s4444", "q"),
    BOTH(WIRE_RENAME, "44s", ""),
    BOTH(WIRE_READLINK, "4", "s"),
    BOTH(WIRE_GETATTR, "48", "8q444888888888888888"),
    BOTH(WIRE_SETATTR, "4444488888", ""),
    BOTH(WIRE_XATTR_WALK, "44s", "8"),
    BOTH(WIRE_XATTR_CREATE, "4s84", ""),
    BOTH(WIRE_READDIR, "484", "d"),
    BOTH(WIRE_FSYNC, "4?4", ""),
    BOTH(WIRE_LOCK, "414884s", "1"),
    BOTH(WIRE_GETLOCK, "41884s", "1884s"),
    BOTH(WIRE_LINK, "44s", ""),
    BOTH(WIRE_MKDIR, "4s44", "q"),
    BOTH(WIRE_RENAME_AT, "4s4s", ""),
    BOTH(WIRE_UNLINK_AT, "4s4", ""),
    BOTH(WIRE_VERSION_OF, "4s", "4s"),
    BOTH(WIRE_AUTH, "4ss4", "q"),
    BOTH(WIRE_ATTACH, "44ss4", "q"),
    BOTH(WIRE_FLUSH, "2", ""),
    BOTH(WIRE_WALK, "44n", "v"),
    BOTH(WIRE_READ, "484", "d"),
    BOTH(WIRE_WRITE, "48d", "4"),
    BOTH(WIRE_CLUNK, "4", ""),
    BOTH(WIRE_REMOVE, "4", ""),
    BOTH(WIRE_POLL, "441", "4"),
    BOTH(WIRE_CONTROL, "44d", "8d"),
};

enum : size_t { LAYOUTS = sizeof layout / sizeof layout[0] };

// Where the next field is. `bad`: there was not enough.
struct cursor {
    uint8_t *at;
    const uint8_t *end;
    uint32_t numbers, texts; // seen so far
    bool bad;
};

static const char *layout_of(uint8_t type)
{
    return type < LAYOUTS ? layout[type] : nullptr;
}

// The place of `size` bytes, which are passed; nullptr: they are not there.
static uint8_t *pass(struct cursor *cursor, size_t size)
{
    if (cursor->bad || (size_t)(cursor->end - cursor->at) < size) {
        cursor->bad = true;
        return nullptr;
    }
    uint8_t *at = cursor->at;
    cursor->at += size;
    return at;
}

static uint64_t number_get(struct cursor *cursor, size_t size)
{
    const uint8_t *from = pass(cursor, size);
    uint64_t value = 0;
    for (size_t i = 0; from && i < size; i++) value |= (uint64_t)from[i] << 8 * i;
    return value;
}

// A number that does not fit its field is an error, not another number.
static void number_put(struct cursor *cursor, size_t size, uint64_t value)
{
    if (size < sizeof value && value >> 8 * size != 0) cursor->bad = true;
    uint8_t *to = pass(cursor, size);
    for (size_t i = 0; to && i < size; i++) to[i] = (uint8_t)(value >> 8 * i);
}

static void number_in(struct cursor *cursor, size_t size, struct wire_message *message)
{
    uint64_t value = number_get(cursor, size);
    if (cursor->numbers == WIRE_NUMBERS) cursor->bad = true;
    if (!cursor->bad) message->number[cursor->numbers++] = value;
}

static void number_out(struct cursor *cursor, size_t size, const struct wire_message *message)
{
    if (cursor->numbers == WIRE_NUMBERS) cursor->bad = true;
    if (!cursor->bad) number_put(cursor, size, message->number[cursor->numbers++]);
}

static void text_in(struct cursor *cursor, struct wire_message *message)
{
    uint32_t size = (uint32_t)number_get(cursor, 2);
    const uint8_t *from = pass(cursor, size);
    if (cursor->texts == WIRE_NAMES) cursor->bad = true;
    if (cursor->bad) return;
    message->text[cursor->texts++] = (struct wire_text){(const char *)from, size};
}

static void text_out(struct cursor *cursor, const struct wire_message *message)
{
    if (cursor->texts == WIRE_NAMES) cursor->bad = true;
    if (cursor->bad) return;
    const struct wire_text *text = &message->text[cursor->texts++];
    number_put(cursor, 2, text->size);
    uint8_t *to = pass(cursor, text->size);
    if (to && text->size != 0) memcpy(to, text->text, text->size);
}

static void data_in(struct cursor *cursor, struct wire_message *message)
{
    message->size = (uint32_t)number_get(cursor, 4);
    message->data = pass(cursor, message->size);
}

static void data_out(struct cursor *cursor, const struct wire_message *message)
{
    number_put(cursor, 4, message->size);
    uint8_t *to = pass(cursor, message->size);
    if (to && message->size != 0 && to != message->data) memcpy(to, message->data, message->size);
}

static void qid_in(struct cursor *cursor, struct wire_message *message)
{
    number_in(cursor, 1, message);
    number_in(cursor, 4, message);
    number_in(cursor, 8, message);
}

static void qid_out(struct cursor *cursor, const struct wire_message *message)
{
    number_out(cursor, 1, message);
    number_out(cursor, 4, message);
    number_out(cursor, 8, message);
}

// The number of names or qids that follow, which is a number of the message as well.
static uint64_t count_in(struct cursor *cursor, struct wire_message *message)
{
    number_in(cursor, 2, message);
    uint64_t count = cursor->bad ? 0 : message->number[cursor->numbers - 1];
    if (count > WIRE_NAMES) cursor->bad = true;
    return cursor->bad ? 0 : count;
}

static uint64_t count_out(struct cursor *cursor, const struct wire_message *message)
{
    number_out(cursor, 2, message);
    uint64_t count = cursor->bad ? 0 : message->number[cursor->numbers - 1];
    if (count > WIRE_NAMES) cursor->bad = true;
    return cursor->bad ? 0 : count;
}

static void field_in(struct cursor *cursor, char field, struct wire_message *message)
{
    uint64_t count;
    switch (field) {
    case 's': text_in(cursor, message); break;
    case 'd': data_in(cursor, message); break;
    case 'q': qid_in(cursor, message); break;
    case 'n':
        for (count = count_in(cursor, message); count > 0; count--) text_in(cursor, message);
        break;
    case 'v':
        for (count = count_in(cursor, message); count > 0; count--) qid_in(cursor, message);
        break;
    default: number_in(cursor, (size_t)(field - '0'), message);
    }
}

static void field_out(struct cursor *cursor, char field, const struct wire_message *message)
{
    uint64_t count;
    switch (field) {
    case 's': text_out(cursor, message); break;
    case 'd': data_out(cursor, message); break;
    case 'q': qid_out(cursor, message); break;
    case 'n':
        for (count = count_out(cursor, message); count > 0; count--) text_out(cursor, message);
        break;
    case 'v':
        for (count = count_out(cursor, message); count > 0; count--) qid_out(cursor, message);
        break;
    default: number_out(cursor, (size_t)(field - '0'), message);
    }
}

uint32_t wire_size(const uint8_t *frame)
{
    return (uint32_t)frame[0] | (uint32_t)frame[1] << 8 | (uint32_t)frame[2] << 16 |
           (uint32_t)frame[3] << 24;
}

bool wire_decode(const uint8_t *frame, size_t size, struct wire_message *message)
{
    if (size < WIRE_HEADER || wire_size(frame) != size) return false;
    // The cursor only reads here.
    struct cursor cursor = {.at = (uint8_t *)frame + sizeof(uint32_t), .end = frame + size};
    *message = (struct wire_message){.type = (uint8_t)number_get(&cursor, 1)};
    message->tag = (uint16_t)number_get(&cursor, 2);
    const char *field = layout_of(message->type);
    if (field == nullptr) return false;
    for (; *field != '\0'; field++) {
        if (*field == '?' && cursor.at == cursor.end) break;
        if (*field != '?') field_in(&cursor, *field, message);
    }
    return !cursor.bad && cursor.at == cursor.end;
}

size_t wire_encode(const struct wire_message *message, uint8_t *frame, size_t capacity)
{
    const char *field = layout_of(message->type);
    if (field == nullptr || capacity < WIRE_HEADER || capacity > UINT32_MAX) return 0;
    struct cursor cursor = {.at = frame + sizeof(uint32_t), .end = frame + capacity};
    number_put(&cursor, 1, message->type);
    number_put(&cursor, 2, message->tag);
    for (; *field != '\0'; field++) {
        if (*field != '?') field_out(&cursor, *field, message);
    }
    if (cursor.bad) return 0;
    size_t size = (size_t)(cursor.at - frame);
    struct cursor start = {.at = frame, .end = frame + sizeof(uint32_t)};
    number_put(&start, sizeof(uint32_t), size);
    return size;
}

size_t wire_entry_put(uint8_t *to, size_t capacity, const struct wire_entry *entry)
{
    struct cursor cursor = {.at = to, .end = to + capacity};
    number_put(&cursor, 1, entry->qid_type);
    number_put(&cursor, 4, entry->qid_version);
    number_put(&cursor, 8, entry->qid_path);
    number_put(&cursor, 8, entry->next);
    number_put(&cursor, 1, entry->type);
    number_put(&cursor, 2, entry->name.size);
    uint8_t *name = pass(&cursor, entry->name.size);
    if (cursor.bad) return 0;
    if (entry->name.size != 0) memcpy(name, entry->name.text, entry->name.size);
    return (size_t)(cursor.at - to);
}

size_t wire_entry_get(const uint8_t *from, size_t size, struct wire_entry *entry)
{
    struct cursor cursor = {.at = (uint8_t *)from, .end = from + size};
    entry->qid_type = (uint8_t)number_get(&cursor, 1);
    entry->qid_version = (uint32_t)number_get(&cursor, 4);
    entry->qid_path = number_get(&cursor, 8);
    entry->next = number_get(&cursor, 8);
    entry->type = (uint8_t)number_get(&cursor, 1);
    entry->name.size = (uint32_t)number_get(&cursor, 2);
    entry->name.text = (const char *)pass(&cursor, entry->name.size);
    return cursor.bad ? 0 : (size_t)(cursor.at - from);
}
