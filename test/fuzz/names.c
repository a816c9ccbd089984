// SPDX-License-Identifier: MIT
// Feeds the reader of namespace files with any text. What it runs are commands with the words that
// they need, read in one table and done in the other; the line that it tells is one of the text's,
// and after its end no table is left behind.
#include <stdlib.h>
#include <string.h>

// The environment.
static const char *variable(const char *name)
{
    if (strcmp(name, "HOME") == 0) return "/usr/user";
    return strcmp(name, "EMPTY") == 0 ? "" : nullptr;
}
#define getenv variable

#include "lib/names/file.c"
#include "lib/names/option.c"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

enum : fe_handle { FROM = 1, TO = 2 };

static fe_handle table;
static unsigned commands, found;

static void must(bool condition)
{
    if (!condition) abort();
}

static void word_check(const char *word)
{
    must(strlen(word) < LINE_LONGEST);
}

// What is not there fails, as it does on board.
static int answer(const char *path)
{
    commands++;
    return strstr(path, "missing") ? -ENOENT : 0;
}

void p9_namespace_set(fe_handle name_space)
{
    table = name_space;
}

int names_find(fe_handle name_space, const char *service, struct p9_parts *parts)
{
    word_check(service);
    must(name_space == FROM);
    *parts = (struct p9_parts){.table = name_space};
    table = name_space;
    if (strstr(service, "missing")) return -ENOENT;
    found++;
    return 0;
}

int p9_parts_mount(const struct p9_parts *parts, const char *path, uint32_t flags)
{
    word_check(path);
    must(table == TO && parts->table == FROM);
    must((flags & (MOUNT_AFTER | MOUNT_BEFORE)) != (MOUNT_AFTER | MOUNT_BEFORE));
    return answer(path);
}

void p9_parts_free(struct p9_parts *parts)
{
    must(found-- > 0);
}

int p9_bind(const char *old, const char *new_path, uint32_t flags)
{
    word_check(old);
    word_check(new_path);
    must(table == TO);
    must((flags & (MOUNT_AFTER | MOUNT_BEFORE)) != (MOUNT_AFTER | MOUNT_BEFORE));
    return answer(old);
}

int p9_unmount(const char *source, const char *path)
{
    if (source) word_check(source);
    word_check(path);
    must(table == TO);
    return answer(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    const struct names_place place = {.from = FROM, .to = TO};
    unsigned number, lines = 0;
    char *text = malloc(size + 1);
    memcpy(text, input, size);
    text[size] = '\0';
    for (const char *at = text; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n') lines++;
    commands = found = 0;
    int result = names_run(text, &place, &number);
    must(table == FE_NO_HANDLE && found == 0 && number <= lines && commands <= lines);
    must(result == 0 ? number == lines : number > 0 && (errno == EINVAL || errno == ENOENT));
    free(text);
    return 0;
}
