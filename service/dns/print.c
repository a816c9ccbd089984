// SPDX-License-Identifier: MIT
// Records as text: each type by a word and what its value is made of.
#include "print.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "wire.h"

// What a value consists of, a letter for each piece: 4 and 6 addresses, n a name, h 16 bits, w 32
// bits, t texts up to the end.
static const struct {
    const char *name;
    uint16_t type;
    const char *pieces;
} types[] = {
    {"a", TYPE_A, "4"},           {"ip", TYPE_A, "4"},       {"aaaa", TYPE_AAAA, "6"},
    {"cname", TYPE_CNAME, "n"},   {"mx", TYPE_MX, "hn"},     {"ns", TYPE_NS, "n"},
    {"ptr", TYPE_PTR, "n"},       {"srv", TYPE_SRV, "hhhn"}, {"txt", TYPE_TXT, "t"},
    {"soa", TYPE_SOA, "nnwwwww"},
};
enum : size_t { TYPES = sizeof types / sizeof *types };

bool type_parse(const char *text, uint16_t *type)
{
    size_t size = strcspn(text, " \n");
    if (text[size + strspn(text + size, " \n")] != '\0') return false; // more words
    for (size_t i = 0; i < TYPES; i++) {
        if (strlen(types[i].name) != size || strncasecmp(types[i].name, text, size) != 0) continue;
        *type = types[i].type;
        return true;
    }
    return false;
}

struct source {
    const uint8_t *bytes;
    size_t size, at, end; // of the message, and of the record's data
};

// A text: its length, then it. Bytes that are no printable ASCII as \DDD.
static bool print_texts(struct source *from, char *to, size_t room)
{
    size_t size = 0;
    while (from->at < from->end) {
        size_t length = from->bytes[from->at++];
        if (length > from->end - from->at) return false;
        for (size_t i = 0; i < length; i++) {
            uint8_t byte = from->bytes[from->at++];
            bool is_plain = byte >= ' ' && byte < 0x7f && byte != '\\';
            if (room - size <= sizeof "\\000") return true; // the rest is left out
            size += (size_t)snprintf(to + size, room - size, is_plain ? "%c" : "\\%03u", byte);
        }
    }
    return true;
}

static bool print_number(struct source *from, size_t size, char *to, size_t room)
{
    if (from->end - from->at < size) return false;
    const uint8_t *bytes = from->bytes + from->at;
    from->at += size;
    if (size == 4 || size == 2)
        snprintf(to, room, "%lu", (unsigned long)(size == 2 ? get16(bytes) : get32(bytes)));
    return true;
}

static bool print_address(struct source *from, int family, char *to, size_t room)
{
    size_t size = family == AF_INET ? 4 : 16;
    if (from->end - from->at < size) return false;
    inet_ntop(family, from->bytes + from->at, to, (socklen_t)room);
    from->at += size;
    return true;
}

static bool print_name(struct source *from, char *to, size_t room)
{
    struct name name;
    char text[NAME_TEXT_SIZE];
    if (!name_read(from->bytes, from->end, &from->at, &name)) return false;
    name_print(&name, text);
    snprintf(to, room, "%s", text);
    return true;
}

static bool print_piece(struct source *from, char piece, char *to, size_t room)
{
    switch (piece) {
    case '4': return print_address(from, AF_INET, to, room);
    case '6': return print_address(from, AF_INET6, to, room);
    case 'n': return print_name(from, to, room);
    case 'h': return print_number(from, 2, to, room);
    case 'w': return print_number(from, 4, to, room);
    default: return print_texts(from, to, room);
    }
}

static bool print_value(struct source *from, const char *pieces, char *to, size_t room)
{
    char *end = to + room;
    for (*to = '\0'; *pieces != '\0'; pieces++) {
        if (!print_piece(from, *pieces, to, (size_t)(end - to))) return false;
        to += strlen(to);
        if (pieces[1] != '\0' && end - to > 1) *to++ = ' ';
        if (to < end) *to = '\0';
    }
    return true;
}

int records_print(const uint8_t *bytes, size_t size,
                  int (*take)(const struct record_text *line, void *context), void *context)
{
    uint32_t count;
    struct record record;
    size_t at = records_begin(bytes, size, &count);
    while (count-- > 0 && record_read(bytes, size, &at, &record)) {
        char name[NAME_TEXT_SIZE];
        struct record_text line = {.name = name};
        struct source from = {bytes, size, record.data_at, record.data_at + record.data_size};
        const char *pieces = nullptr;
        for (size_t i = 0; i < TYPES; i++) {
            if (types[i].type != record.type || pieces != nullptr) continue;
            line.type = types[i].name;
            pieces = types[i].pieces;
        }
        name_print(&record.owner, name);
        if (pieces == nullptr || !print_value(&from, pieces, line.value, sizeof line.value))
            continue;
        int result = take(&line, context);
        if (result != 0) return result;
    }
    return 0;
}
