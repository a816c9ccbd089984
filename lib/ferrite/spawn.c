// SPDX-License-Identifier: MIT
// Making processes: the stack is a memory object of the child's quota; its top, mapped here for a
// moment, gets the start block (abi/start.h): the structure, the tables, the strings, the C
// library's data.
#include <abi/start.h>
#include <abi/syscalls.h>
#include <ferrite/entropy.h>
#include <ferrite/handle.h>
#include <ferrite/memory.h>
#include <ferrite/namespace.h>
#include <ferrite/spawn.h>
#include <ferrite/start.h>
#include <ferrite/libc.h>

enum : size_t { STACK_DEFAULT = 1024 * 1024, STACK_LEAST = 2 * FE_PAGE_SIZE };

// Sizes and offsets of the parts of a start block; and, once it is mapped, where it is written.
struct block {
    const struct fe_spawn *options;
    uint32_t argument_count, environment_count, handle_count;
    size_t arguments, environment, handles, data, strings, size;
    char *at;          // where it is mapped here
    size_t string_end; // next free byte for a string
};

static uint32_t list_length(const char *const *list)
{
    uint32_t count = 0;
    while (list && list[count]) count++;
    return count;
}

static size_t list_size(const char *const *list)
{
    size_t size = 0;
    for (uint32_t i = 0; list && list[i]; i++) size += strlen(list[i]) + 1;
    return size;
}

static const char *directory_of(const struct fe_spawn *options)
{
    return options->directory ? options->directory : "/";
}

// "self", "namespace", "thread" (which the start code fills in) and those of the options.
enum : uint32_t { OWN_HANDLES = 3 };

static void block_measure(struct block *block, const struct fe_spawn *options)
{
    *block = (struct block){.options = options};
    block->argument_count = list_length(options->arguments);
    block->environment_count = list_length(options->environment);
    block->handle_count = (uint32_t)options->handle_count + OWN_HANDLES;
    block->handles = sizeof(struct fe_start);
    block->data = block->handles + block->handle_count * sizeof(struct fe_start_handle);
    block->arguments = (block->data + options->data_size + 15) & ~(size_t)15;
    block->environment = block->arguments + block->argument_count * sizeof(uint32_t);
    block->strings = block->environment + block->environment_count * sizeof(uint32_t);
    block->size = block->strings + list_size(options->arguments) + list_size(options->environment) +
                  strlen(directory_of(options)) + 1 + sizeof "self" + sizeof "namespace" +
                  sizeof "thread";
    for (size_t i = 0; i < options->handle_count; i++) {
        block->size += strlen(options->handles[i].name) + 1;
    }
    block->size = (block->size + 63) & ~(size_t)63;
    block->string_end = block->strings;
}

static uint32_t block_string(struct block *block, const char *text)
{
    size_t size = strlen(text) + 1;
    uint32_t offset = (uint32_t)block->string_end;
    memcpy(block->at + offset, text, size);
    block->string_end += size;
    return offset;
}

static void block_list(struct block *block, size_t table, const char *const *list, uint32_t count)
{
    uint32_t *offsets = (uint32_t *)(block->at + table);
    for (uint32_t i = 0; i < count; i++) offsets[i] = block_string(block, list[i]);
}

static void block_handle(struct block *block, uint32_t index, const char *name, fe_handle handle,
                         uint64_t value)
{
    struct fe_start_handle *entries = (struct fe_start_handle *)(block->at + block->handles);
    entries[index] = (struct fe_start_handle){
        .name = block_string(block, name), .handle = handle, .value = value};
}

// The child's own namespace handle: what was given or the caller's own, without the mount right
// unless wanted.
static enum status grant_namespace(const struct fe_spawn *options, fe_handle process,
                                   fe_handle *granted)
{
    uint32_t rights = RIGHT_ALL & ~(options->may_mount ? 0 : (uint32_t)RIGHT_NAMESPACE_MOUNT);
    fe_handle from = options->name_space ? options->name_space : fe_namespace_self();
    FE_HANDLE copy = FE_NO_HANDLE;
    TRY(fe_handle_duplicate(from, rights, &copy));
    TRY(fe_process_grant(process, copy, granted));
    copy = FE_NO_HANDLE;
    return OK;
}

static enum status grant_copy(fe_handle process, fe_handle handle, fe_handle *granted)
{
    FE_HANDLE copy = FE_NO_HANDLE;
    TRY(fe_handle_copy(handle, &copy));
    TRY(fe_process_grant(process, copy, granted));
    copy = FE_NO_HANDLE;
    return OK;
}

static enum status block_grant(struct block *block, fe_handle process)
{
    fe_handle granted;
    TRY(grant_copy(process, process, &granted));
    block_handle(block, 0, "self", granted, 0);
    TRY(grant_namespace(block->options, process, &granted));
    block_handle(block, 1, "namespace", granted, 0);
    block_handle(block, 2, "thread", FE_NO_HANDLE, 0);
    for (size_t i = 0; i < block->options->handle_count; i++) {
        const struct fe_spawn_handle *entry = &block->options->handles[i];
        granted = FE_NO_HANDLE;
        if (entry->handle != FE_NO_HANDLE) {
            TRY(entry->keep ? grant_copy(process, entry->handle, &granted)
                            : fe_process_grant(process, entry->handle, &granted));
        }
        block_handle(block, (uint32_t)i + OWN_HANDLES, entry->name, granted, entry->value);
    }
    return OK;
}

// Writes everything but the handle table.
static void block_write(struct block *block, uintptr_t stack_base, size_t stack_size,
                        uintptr_t image_base)
{
    const struct fe_spawn *options = block->options;
    struct fe_start *start = (struct fe_start *)block->at;
    *start = (struct fe_start){
        .magic = FE_START_MAGIC,
        .version = FE_START_VERSION,
        .size = (uint32_t)block->size,
        .argument_count = block->argument_count,
        .environment_count = block->environment_count,
        .handle_count = block->handle_count,
        .arguments = (uint32_t)block->arguments,
        .environment = (uint32_t)block->environment,
        .handles = (uint32_t)block->handles,
        .image_base = image_base,
        .stack_base = stack_base,
        .stack_size = stack_size,
        .data = (uint32_t)block->data,
        .data_size = (uint32_t)options->data_size,
    };
    (void)fe_entropy(start->random, sizeof start->random);
    start->directory = block_string(block, directory_of(options));
    block_list(block, block->arguments, options->arguments, block->argument_count);
    block_list(block, block->environment, options->environment, block->environment_count);
    if (options->data_size) memcpy(block->at + block->data, options->data, options->data_size);
}

static size_t stack_wish(const struct fe_spawn *options)
{
    size_t size = options->stack_size;
    if (size == 0) {
        struct fe_image_info info;
        if (fe_image_inspect(options->image, &info) == OK) size = info.stack_size;
    }
    if (size == 0) size = STACK_DEFAULT;
    return fe_page_round(size < STACK_LEAST ? STACK_LEAST : size);
}

enum status fe_spawn_create(const struct fe_spawn *options, struct fe_child *child)
{
    struct fe_process_options wish = {
        .memory_limit = options->memory_limit,
        .handle_limit = options->handle_limit,
        .thread_limit = options->thread_limit,
        .name_space = options->name_space ? options->name_space : fe_namespace_changed(),
        .priority = options->priority,
    };
    const char *name = options->name;
    if (name == nullptr && options->arguments) name = options->arguments[0];
    if (name) strncpy(wish.name, name, sizeof wish.name - 1);
    child->thread = child->stack = FE_NO_HANDLE;
    return fe_process_create(fe_process_self(), options->image, &wish, &child->process,
                             &child->base);
}

// Maps the stack into the child and its top here, writes the block, starts.
static enum status start_child(const struct fe_spawn *options, struct fe_child *child)
{
    struct block block;
    block_measure(&block, options);
    size_t window = fe_page_round(block.size);
    size_t stack_size = stack_wish(options) + window;
    FE_HANDLE memory = FE_NO_HANDLE;
    uintptr_t base;
    void *top;
    TRY(fe_memory_create(stack_size, 0, &memory));
    TRY(fe_process_map(child->process, memory, 0, stack_size, 0, MAP_READ | MAP_WRITE | MAP_GUARD,
                       &base));
    TRY(fe_memory_map(memory, stack_size - window, window, MAP_READ | MAP_WRITE, &top));
    block.at = (char *)top + window - block.size;
    block_write(&block, base, stack_size, child->base);
    enum status status = block_grant(&block, child->process);
    TRY(fe_memory_unmap(top, window));
    TRY(status);
    uintptr_t start = base + stack_size - block.size;
    TRY(fe_process_start(child->process, start, start, &child->thread));
    if (options->is_watched) {
        child->stack = fe_handle_take(&memory);
        child->watch = stack_size - block.size + offsetof(struct fe_start, watch);
    }
    if (options->priority == 0) return OK;
    struct fe_schedule schedule = {.priority = options->priority};
    return fe_thread_schedule(child->thread, &schedule);
}

// What was not moved yet when something failed.
static void drop_handles(const struct fe_spawn *options)
{
    for (size_t i = 0; i < options->handle_count; i++) {
        fe_handle handle = options->handles[i].handle;
        if (!options->handles[i].keep) fe_handle_drop(&handle);
    }
}

enum status fe_spawn_start(const struct fe_spawn *options, struct fe_child *child)
{
    enum status status = start_child(options, child);
    if (status == OK) return OK;
    drop_handles(options);
    [[maybe_unused]] enum status killed = fe_process_kill(child->process, FE_EXIT_KILLED);
    return status;
}

void fe_spawn_abandon(const struct fe_spawn *options, struct fe_child *child)
{
    drop_handles(options);
    fe_handle_drop(&child->process); // it was only being built
}

enum status fe_spawn(const struct fe_spawn *options, struct fe_child *child)
{
    enum status status = fe_spawn_create(options, child);
    if (status != OK) {
        drop_handles(options);
        return status;
    }
    status = fe_spawn_start(options, child);
    if (status != OK) fe_handle_drop(&child->process);
    return status;
}
