// SPDX-License-Identifier: MIT
// Pieces of a head.
#pragma once

#include <http/request.h>

struct text {
    const char *at;
    size_t size;
};

bool text_is(struct text text, const char *wanted);   // letters of either case are the same
struct text text_trimmed(struct text text);           // without blanks around it
bool text_number(struct text text, uint64_t *number); // decimal digits and nothing else
bool text_cut(struct text *text, char at, struct text *before); // splits at the first `at`

// The decoded path of a request's target: 200, or the status that refuses it.
int target_read(struct text target, char path[HTTP_PATH_MAX]);

// Seconds since 1970; false: it is no date in the form that is sent.
bool date_read(struct text text, int64_t *seconds);

// A Range that is not understood is as if it were not there (RFC 9110, section 14.2).
void range_read(struct text value, struct http_range *range);
