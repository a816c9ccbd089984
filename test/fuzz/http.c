// SPDX-License-Identifier: MIT
// Feeds the reader of HTTP requests with anything. What it takes has a path that stays within what
// is served, and a range within any file.
#include "lib/http/date.c"
#include "lib/http/range.c"
#include "lib/http/request.c"
#include "lib/http/target.c"
#include "lib/http/text.c"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static void path_check(const char *path)
{
    if (*path != '/') abort();
    for (; *path; path++) {
        if (*path != '/') continue;
        size_t length = strcspn(path + 1, "/");
        if (length == 0 && path[1] == '/') abort();
        if (length == 1 && path[1] == '.') abort();
        if (length == 2 && memcmp(path + 1, "..", 2) == 0) abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    static const uint64_t sizes[] = {0, 1, 1000, UINT64_MAX};
    struct http_request request;
    size_t head = http_head_size((const char *)input, size);
    if (head > size) abort();
    char *copy = malloc(size + 1); // exactly as large, so that nothing beyond is read
    memcpy(copy, input, size);
    int status = http_request_read(copy, head ? head : size, &request);
    free(copy);
    if (status != 200) return 0;
    path_check(request.path);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint64_t first, count;
        if (http_range_apply(&request.range, sizes[i], &first, &count) == 416) continue;
        if (first > sizes[i] || count > sizes[i] - first) abort();
    }
    return 0;
}
