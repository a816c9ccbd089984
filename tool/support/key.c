// SPDX-License-Identifier: MIT
// Key files: read strictly, written plainly.
#include <support/file.h>
#include <support/key.h>

#include <crypto/ed25519.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static void hex_read(const char *path, const char *text, uint8_t bytes[32])
{
    for (int i = 0; i < 32; i++) {
        unsigned value;
        int used = 0;
        if (sscanf(text + 2 * i, "%2x%n", &value, &used) != 1 || used != 2)
            complain("%s: 64 hexadecimal digits are expected", path);
        bytes[i] = (uint8_t)value;
    }
    if (text[64]) complain("%s: 64 hexadecimal digits are expected", path);
}

static void hex_print(FILE *stream, const char *word, const uint8_t bytes[32])
{
    fprintf(stream, "%s ", word);
    for (int i = 0; i < 32; i++) fprintf(stream, "%02x", bytes[i]);
    fputc('\n', stream);
}

// Calls `take` with each line's word and value.
static void lines_read(const char *path, void *to,
                       bool (*take)(const char *, void *, char *, char *))
{
    struct file file = file_read(path);
    char *rest = (char *)file.bytes, *line;
    while ((line = strsep(&rest, "\n"))) {
        if (!*line || *line == '#') continue;
        char *value = line, *word = strsep(&value, " ");
        if (!value || !take(path, to, word, value)) complain("%s: '%s' is unknown", path, word);
    }
    free(file.bytes);
}

static bool root_take(const char *path, void *to, char *word, char *value)
{
    struct root_file *root = to;
    if (!strcmp(word, "public"))
        hex_read(path, value, root->root.key);
    else if (!strcmp(word, "objects"))
        root->root.object_kinds = (uint32_t)size_parse(value);
    else if (!strcmp(word, "resources"))
        root->root.resource_kinds = (uint32_t)size_parse(value);
    else if (!strcmp(word, "memory"))
        root->root.memory_ceiling = size_parse(value);
    else if (!strcmp(word, "priority"))
        root->root.priority_ceiling = (uint32_t)size_parse(value);
    else if (!strcmp(word, "development"))
        root->development = size_parse(value) != 0;
    else
        return false;
    return true;
}

void root_read(const char *path, struct root_file *root)
{
    *root = (struct root_file){0};
    lines_read(path, root, root_take);
    static const uint8_t none[32];
    if (!memcmp(root->root.key, none, 32)) complain("%s: there is no public key", path);
}

void root_write(const char *path, const struct root_file *root)
{
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    if (!stream) complain("out of memory");
    fprintf(stream, "# A trust root of Ferrite. Zero memory: no ceiling.\n");
    hex_print(stream, "public", root->root.key);
    fprintf(stream, "objects 0x%x\nresources 0x%x\nmemory %llu\npriority %u\ndevelopment %d\n",
            root->root.object_kinds, root->root.resource_kinds,
            (unsigned long long)root->root.memory_ceiling, root->root.priority_ceiling,
            root->development);
    fclose(stream);
    file_write(path, text, size, 0644);
    free(text);
}

static bool secret_take(const char *path, void *to, char *word, char *value)
{
    if (strcmp(word, "secret") != 0) return false;
    hex_read(path, value, ((struct secret *)to)->seed);
    return true;
}

void secret_read(const char *path, struct secret *secret)
{
    lines_read(path, secret, secret_take);
    ed25519_key(secret->key, secret->seed);
}

void secret_create(const char *path, struct secret *secret)
{
    if (getrandom(secret->seed, 32, 0) != 32) complain("the system has no randomness");
    ed25519_key(secret->key, secret->seed);
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    if (!stream) complain("out of memory");
    hex_print(stream, "secret", secret->seed);
    fclose(stream);
    file_write(path, text, size, 0600);
    explicit_bzero(text, size);
    free(text);
}

void secret_sign(const struct secret *secret, const char *context, const void *bytes, size_t size,
                 uint8_t signature[64])
{
    struct sha512 hash;
    uint8_t digest[64];
    sha512_init(&hash);
    sha512_update(&hash, context, strlen(context) + 1);
    sha512_update(&hash, bytes, size);
    sha512_final(&hash, digest);
    ed25519_sign(signature, digest, sizeof digest, secret->seed);
}

char *key_path(const char *given, const char *name, const char *suffix)
{
    const char *folder = given ? given : getenv("KEYS");
    char *path;
    if (asprintf(&path, "%s/%s%s", folder && *folder ? folder : "out/keys", name, suffix) < 0)
        complain("out of memory");
    return path;
}
