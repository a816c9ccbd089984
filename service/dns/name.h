// SPDX-License-Identifier: MIT
// Names of hosts as messages of DNS have them: labels, each after its length (RFC 1035, 3.1).
// Capital letters stay as they are and make no difference.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum : size_t { NAME_MOST = 255, LABEL_MOST = 63, NAME_TEXT_SIZE = 1024 };

struct name {
    uint8_t size; // with the empty label at the end
    uint8_t bytes[NAME_MOST];
};

// From text, with or without a dot at the end. False: no name.
bool name_parse(const char *text, size_t length, struct name *name);
// As text without the last dot, "." for the root; bytes that are no plain letters as \DDD. Gives
// the length; `to` has NAME_TEXT_SIZE bytes.
size_t name_print(const struct name *name, char *to);
bool name_equal(const struct name *a, const struct name *b);
// Whether `name` is `zone` or below it.
bool name_is_below(const struct name *name, const struct name *zone);

// The name at `*at` of a message, which then is after it; a pointer leads back only, so that none
// makes a loop. False: broken.
bool name_read(const uint8_t *message, size_t size, size_t *at, struct name *name);
