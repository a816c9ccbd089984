// SPDX-License-Identifier: MIT
// Heads of requests of HTTP/1.1 (RFC 9110 and 9112), as a server of files reads them: GET and HEAD
// without a body. Whatever can be understood in two ways is refused, so nobody in between can read
// a request otherwise. Nothing here waits, allocates or keeps state.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum : size_t { HTTP_HEAD_MAX = 8192, HTTP_PATH_MAX = 1024, HTTP_TAG_MAX = 64 };

// What of a file is asked for. Without `has_first` the last `last` bytes.
struct http_range {
    bool is_given, has_first, has_last;
    uint64_t first, last;
};

struct http_request {
    bool is_head;             // GET otherwise
    bool is_kept;             // the connection goes on after the answer
    bool is_old;              // HTTP/1.0
    char path[HTTP_PATH_MAX]; // decoded; begins with /, has no empty parts and none of dots
    struct http_range range;
    char tag[HTTP_TAG_MAX]; // the one of If-None-Match; empty: there is none, or not one alone
    bool has_date;          // If-Modified-Since, which If-None-Match makes void
    int64_t date;           // s since 1970
    char range_tag[HTTP_TAG_MAX]; // of If-Range: the range is meant if this is the file's tag
};

// Bytes of the head that begins at `from`, up to the end of its empty line. 0: that has not come.
size_t http_head_size(const char *from, size_t size);

// Reads a whole head. 200, or the status that refuses it, after which the connection ends.
int http_request_read(const char *head, size_t size, struct http_request *request);

// What a range makes of a file of `size` bytes: 200 all of it, 206 a part, 416 there is no such
// part.
int http_range_apply(const struct http_range *range, uint64_t size, uint64_t *first,
                     uint64_t *count);

// The words that go with a status.
const char *http_reason(int status);
