// SPDX-License-Identifier: MIT
// Paths, lexically.
#include <ferrite/path.h>
#include <ferrite/libc.h>

struct builder {
    char *to;
    size_t size, capacity; // `size` never comes near enough to `capacity` for the NUL not to fit
};

// What a component that turns out to be "." or ".." makes of the path up to `start`, its slash.
static size_t step_back(const struct builder *builder, size_t start)
{
    size_t size = start;
    if (builder->size - start == 2) return start; // "."
    while (size > 0 && builder->to[--size] != '/') continue;
    return size;
}

static bool is_dots(const char *name, size_t size)
{
    return name[0] == '.' && (size == 1 || (size == 2 && name[1] == '.'));
}

// Components are written as they are read. False: no room.
static bool add_path(struct builder *builder, const char *path)
{
    char *end = builder->to + builder->capacity - 1;
    for (;;) {
        while (*path == '/') path++;
        if (*path == '\0') return true;
        size_t start = builder->size;
        char *to = builder->to + start;
        char letter = '/';
        do {
            if (to == end) return false;
            *to++ = letter;
            letter = *path++;
        } while ((unsigned char)letter > '/' || (letter != '\0' && letter != '/'));
        path--;
        builder->size = (size_t)(to - builder->to);
        const char *name = builder->to + start + 1;
        if (*name == '.' && is_dots(name, (size_t)(to - name)))
            builder->size = step_back(builder, start);
    }
}

enum status fe_path_resolve(const char *directory, const char *path, char *to, size_t capacity,
                            size_t *length)
{
    if (*path == '\0') return ERR_NOT_FOUND;
    if (capacity < 2) return ERR_TOO_LARGE;
    struct builder builder = {.to = to, .capacity = capacity};
    if (*path != '/' && !add_path(&builder, directory)) return ERR_TOO_LARGE;
    if (!add_path(&builder, path)) return ERR_TOO_LARGE;
    if (builder.size == 0) to[builder.size++] = '/';
    to[builder.size] = '\0';
    if (length) *length = builder.size;
    return OK;
}

const char *fe_path_last(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}
