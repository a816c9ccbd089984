// SPDX-License-Identifier: MIT
// Records as text.
#pragma once

#include "message.h"

struct record_text {
    const char *name, *type;
    char value[2 * NAME_TEXT_SIZE];
};

// The type by its name: "a", "aaaa", "cname", "mx", "ns", "ptr", "soa", "srv", "txt"; "ip" is "a".
bool type_parse(const char *text, uint16_t *type);
// Each record of a message of our own, until `take` gives an error, which is the result.
int records_print(const uint8_t *bytes, size_t size,
                  int (*take)(const struct record_text *line, void *context), void *context);
