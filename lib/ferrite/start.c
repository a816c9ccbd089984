// SPDX-License-Identifier: MIT
// Finding things in the start block.
#include <ferrite/start.h>
#include <ferrite/libc.h>

static const struct fe_start *start_block;

void fe_start_use(const struct fe_start *start)
{
    start_block = start;
}

const struct fe_start *fe_start(void)
{
    return start_block;
}

static const char *text_at(uint32_t offset)
{
    return (const char *)start_block + offset;
}

static const struct fe_start_handle *handle_table(void)
{
    return (const struct fe_start_handle *)((const char *)start_block + start_block->handles);
}

const char *fe_start_handle_name(const struct fe_start_handle *entry)
{
    return text_at(entry->name);
}

const struct fe_start_handle *fe_start_find(const char *name)
{
    if (start_block == nullptr) return nullptr;
    const struct fe_start_handle *table = handle_table();
    for (uint32_t i = 0; i < start_block->handle_count; i++) {
        if (strcmp(text_at(table[i].name), name) == 0) return &table[i];
    }
    return nullptr;
}

const struct fe_start_handle *fe_start_find_prefix(const char *prefix, uint32_t index)
{
    if (start_block == nullptr) return nullptr;
    const struct fe_start_handle *table = handle_table();
    size_t length = strlen(prefix);
    for (uint32_t i = 0; i < start_block->handle_count; i++) {
        if (strncmp(text_at(table[i].name), prefix, length) == 0 && index-- == 0) return &table[i];
    }
    return nullptr;
}

fe_handle fe_start_handle(const char *name)
{
    const struct fe_start_handle *entry = fe_start_find(name);
    return entry ? entry->handle : FE_NO_HANDLE;
}

static const char *listed(uint32_t offset, uint32_t count, uint32_t index)
{
    if (index >= count) return nullptr;
    return text_at(((const uint32_t *)((const char *)start_block + offset))[index]);
}

const char *fe_start_argument(uint32_t index)
{
    return listed(start_block->arguments, start_block->argument_count, index);
}

const char *fe_start_environment(uint32_t index)
{
    return listed(start_block->environment, start_block->environment_count, index);
}

const char *fe_start_directory(void)
{
    return start_block->directory ? text_at(start_block->directory) : "/";
}

const char *fe_start_variable(const char *name)
{
    size_t length = strlen(name);
    const char *entry;
    for (uint32_t i = 0; (entry = fe_start_environment(i)) != nullptr; i++) {
        if (strncmp(entry, name, length) == 0 && entry[length] == '=') return entry + length + 1;
    }
    return nullptr;
}
