// SPDX-License-Identifier: MIT
// Paths, lexically.
#include <ferrite/path.h>
#include <ferrite/libc.h>

struct builder {
    char *to;
    size_t size, capacity;
    bool fits;
};

static void add_component(struct builder *builder, const char *text, size_t size)
{
    if (size == 0 || (size == 1 && text[0] == '.')) return;
    if (size == 2 && text[0] == '.' && text[1] == '.') {
        while (builder->size > 0 && builder->to[--builder->size] != '/') continue;
        return;
    }
    if (builder->size + 1 + size + 1 > builder->capacity) {
        builder->fits = false;
        return;
    }
    builder->to[builder->size] = '/';
    memcpy(builder->to + builder->size + 1, text, size);
    builder->size += 1 + size;
}

static void add_path(struct builder *builder, const char *path)
{
    while (*path) {
        size_t size = strcspn(path, "/");
        add_component(builder, path, size);
        path += size + (path[size] == '/');
    }
}

enum status fe_path_resolve(const char *directory, const char *path, char *to, size_t capacity,
                            size_t *length)
{
    if (*path == '\0') return ERR_NOT_FOUND;
    if (capacity < 2) return ERR_TOO_LARGE;
    struct builder builder = {.to = to, .capacity = capacity, .fits = true};
    if (*path != '/') add_path(&builder, directory);
    add_path(&builder, path);
    if (!builder.fits) return ERR_TOO_LARGE;
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
