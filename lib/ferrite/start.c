// SPDX-License-Identifier: MIT
// The start code's C half: relocates the program, then finds things in the start block. Until relocate() has run no
// pointer in data may be used, so fe_start_c touches nothing else before.
#include <ferrite/start.h>
#include <ferrite/libc.h>

// Set by build/user.ld; the image starts at its address 0.
extern const char __image_start[];
extern const uint64_t __relr_start[], __relr_end[];

static const struct fe_start *start_block;

// RELR: an even entry is the address of a word to relocate; an odd one is a bitmap of the 63 words after
// the last one touched (System V gABI, SHT_RELR).
static void relocate(uintptr_t base)
{
    uint64_t *where = nullptr;
    for (const uint64_t *entry = __relr_start; entry < __relr_end; entry++) {
        if ((*entry & 1) == 0) {
            where = (uint64_t *)(base + *entry);
            *where++ += base;
            continue;
        }
        uint64_t *word = where;
        for (uint64_t bits = *entry >> 1; bits != 0; bits >>= 1, word++) {
            if (bits & 1) *word += base;
        }
        where += 63;
    }
}

void fe_start_c(struct fe_start *start)
{
    relocate((uintptr_t)__image_start);
    start_block = start;
    if (start->magic != FE_START_MAGIC || start->version != FE_START_VERSION) fe_exit(127);
    fe_program_start(start);
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
