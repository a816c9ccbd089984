// SPDX-License-Identifier: MIT
// Ranges of bytes (RFC 9110, section 14): one at a time. Of several, all of the file is the answer.

#include "internal.h"
#include <string.h>

void range_read(struct text value, struct http_range *range)
{
    struct http_range read = {.is_given = true};
    struct text first;
    if (!text_cut(&value, '=', &first) || !text_is(first, "bytes")) return;
    value = text_trimmed(value);
    if (!text_cut(&value, '-', &first)) return;
    read.has_first = first.size > 0;
    read.has_last = value.size > 0;
    if (!read.has_first && !read.has_last) return;
    if (read.has_first && !text_number(first, &read.first)) return;
    if (read.has_last && !text_number(value, &read.last)) return;
    if (read.has_first && read.has_last && read.last < read.first) return;
    *range = read;
}

int http_range_apply(const struct http_range *range, uint64_t size, uint64_t *first,
                     uint64_t *count)
{
    *first = 0;
    *count = size;
    if (!range->is_given) return 200;
    if (!range->has_first) {
        if (range->last == 0 || size == 0) return 416;
        *count = range->last < size ? range->last : size;
        *first = size - *count;
        return 206;
    }
    if (range->first >= size) return 416;
    uint64_t end = range->has_last && range->last < size ? range->last + 1 : size;
    *first = range->first;
    *count = end - range->first;
    return 206;
}
