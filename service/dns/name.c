// SPDX-License-Identifier: MIT
// Names: from and to text, and out of messages.
#include "name.h"

#include <stdio.h>
#include <string.h>

enum : uint8_t { POINTER = 0xc0 };

static bool is_plain(uint8_t byte)
{
    return byte > ' ' && byte < 0x7f && byte != '.' && byte != '\\';
}

static uint8_t small(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
}

// Adds a label, "" at the end. False: too long.
static bool label_add(struct name *name, const void *label, size_t size)
{
    size_t end = name->size + 1 + size;
    if (end + (size != 0) > NAME_MOST) return false; // there must be room for the empty one
    name->bytes[name->size] = (uint8_t)size;
    memcpy(name->bytes + name->size + 1, label, size);
    name->size = (uint8_t)end;
    return true;
}

bool name_parse(const char *text, size_t length, struct name *name)
{
    bool is_empty = length == 0;
    name->size = 0;
    if (!is_empty && text[length - 1] == '.') length--;
    for (size_t at = 0; at < length;) {
        size_t size = 0;
        while (at + size < length && text[at + size] != '.') {
            if (!is_plain((uint8_t)text[at + size++])) return false;
        }
        bool is_last = at + size == length;
        if (size == 0 || size > LABEL_MOST || !label_add(name, text + at, size)) return false;
        if (!is_last && at + size + 1 == length) return false; // two dots at the end
        at += size + 1;
    }
    return !is_empty && label_add(name, "", 0);
}

size_t name_print(const struct name *name, char *to)
{
    size_t size = 0;
    for (size_t at = 0; name->bytes[at] != 0; at += 1 + name->bytes[at]) {
        if (at > 0) to[size++] = '.';
        for (size_t i = 1; i <= name->bytes[at]; i++) {
            uint8_t byte = name->bytes[at + i];
            if (is_plain(byte))
                to[size++] = (char)byte;
            else
                size += (size_t)snprintf(to + size, sizeof "\\000", "\\%03u", byte);
        }
    }
    if (size == 0) to[size++] = '.';
    to[size] = '\0';
    return size;
}

// No length of a label is a letter.
static bool is_same(const uint8_t *a, const uint8_t *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (small(a[i]) != small(b[i])) return false;
    }
    return true;
}

bool name_equal(const struct name *a, const struct name *b)
{
    return a->size == b->size && is_same(a->bytes, b->bytes, a->size);
}

bool name_is_below(const struct name *name, const struct name *zone)
{
    for (size_t at = 0; name->size - at >= zone->size; at += 1 + name->bytes[at]) {
        if (name->size - at == zone->size)
            return is_same(name->bytes + at, zone->bytes, zone->size);
    }
    return false;
}

bool name_read(const uint8_t *message, size_t size, size_t *at, struct name *name)
{
    size_t here = *at, first = *at; // where the labels that are being read began
    bool has_jumped = false;
    name->size = 0;
    while (here < size) {
        uint8_t length = message[here];
        if ((length & POINTER) == POINTER) {
            if (here + 2 > size) return false;
            size_t target = (size_t)(length & ~POINTER) << 8 | message[here + 1];
            if (!has_jumped) *at = here + 2;
            if (target >= first) return false;
            has_jumped = true;
            first = here = target;
            continue;
        }
        if (length > LABEL_MOST || here + 1 + length > size) return false;
        if (!label_add(name, message + here + 1, length)) return false;
        here += 1 + (size_t)length;
        if (length > 0) continue;
        if (!has_jumped) *at = here;
        return true;
    }
    return false;
}
