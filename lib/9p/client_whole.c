// SPDX-License-Identifier: MIT
// Files that are read whole.
#include <9p/client.h>

#include <ferrite/libc.h>

char *p9_read_whole(const char *path)
{
    enum : size_t { PIECE = 4096, LARGEST = 1 << 20 };
    struct p9_file *file;
    char *text = nullptr;
    size_t size = 0;
    int64_t got = PIECE;
    if (p9_open(path, OPEN_READ, 0, &file) != 0) return nullptr;
    while (got > 0 && size < LARGEST) {
        char *more = realloc(text, size + PIECE + 1);
        if (more == nullptr) break;
        text = more;
        got = p9_read(file, FE_9P_POSITION, text + size, PIECE);
        if (got > 0) size += (size_t)got;
    }
    p9_close(file);
    if (text != nullptr) text[size] = '\0';
    if (got == 0) return text;
    free(text);
    return nullptr;
}
