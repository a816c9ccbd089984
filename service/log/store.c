// SPDX-License-Identifier: MIT
// Messages by source: store.h.
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum : uint64_t { SECOND = 1'000'000'000, PRICE = SECOND / STORE_RATE };

static const char *const level_names[] = {"error", "warning", "notice", "info", "debug"};

static bool is_name(const char *text, size_t size)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    if (size == 0 || size >= STORE_NAME_MAX) return false;
    for (size_t i = 0; i < size; i++) {
        if (memchr(allowed, text[i], sizeof allowed - 1) == nullptr) return false;
    }
    return true;
}

struct said said_read(const char *line, size_t size, bool is_kernel)
{
    struct said said = {.name = "kernel", .name_size = 6, .level = LEVEL_INFO};
    const char *colon = memchr(line, ':', size);
    if (!is_kernel) {
        said.level = LEVEL_WARNING;
        bool has_name = colon && is_name(line, (size_t)(colon - line));
        said.name = has_name ? line : "unknown";
        said.name_size = has_name ? (size_t)(colon - line) : strlen("unknown");
        size_t start = has_name ? said.name_size + 1 : 0;
        if (start < size && has_name && line[start] == ' ') start++;
        line += start;
        size -= start;
    }
    if (size >= 3 && line[0] == '<' && line[2] == '>' && line[1] >= '0' && line[1] <= '4') {
        said.level = (enum level)(line[1] - '0');
        line += 3;
        size -= 3;
    }
    said.text = line;
    said.text_size = size;
    return said;
}

static struct source *source_find(struct store *store, const char *name, size_t size)
{
    for (struct source *source = store->sources; source; source = source->next) {
        if (strlen(source->name) == size && memcmp(source->name, name, size) == 0) return source;
    }
    return nullptr;
}

static struct source *source_of(struct store *store, const char *name, size_t size)
{
    static const char others[] = "others";
    struct source *source = source_find(store, name, size);
    if (source != nullptr) return source;
    bool is_others = size == sizeof others - 1 && memcmp(name, others, size) == 0;
    if (store->source_count >= STORE_SOURCES && !is_others)
        return source_of(store, others, sizeof others - 1);
    source = calloc(1, sizeof *source);
    if (source == nullptr) return nullptr;
    memcpy(source->name, name, size);
    source->allowed = STORE_BURST * PRICE;
    source->next = store->sources;
    store->sources = source;
    store->source_count++;
    return source;
}

static void forget_oldest(struct store *store, struct source *source)
{
    struct message *oldest = source->first;
    source->first = oldest->next_own;
    if (source->first == nullptr) source->last = nullptr;
    source->bytes -= sizeof *oldest + oldest->size;
    if (oldest->previous)
        oldest->previous->next = oldest->next;
    else
        store->first = oldest->next;
    if (oldest->next)
        oldest->next->previous = oldest->previous;
    else
        store->last = oldest->previous;
    memory_drop(oldest);
    free(oldest);
}

static struct message *put(struct store *store, struct source *source, const struct said *said)
{
    size_t size = said->text_size < STORE_TEXT_MAX ? said->text_size : STORE_TEXT_MAX;
    size_t records = memory_records(source->name, size);
    struct message *message = malloc(sizeof *message + records * sizeof(uint32_t) + size);
    if (message == nullptr) return nullptr;
    while (source->first && source->bytes + sizeof *message + size > STORE_SOURCE_MAX)
        forget_oldest(store, source);
    *message = (struct message){.previous = store->last,
                                .source = source,
                                .number = ++store->count,
                                .time = said->time,
                                .level = said->level,
                                .is_own = said->is_own,
                                .record_count = (uint8_t)records,
                                .size = (uint16_t)size,
                                .text = (char *)(message->record + records)};
    memcpy(message->text, said->text, size);
    *(store->last ? &store->last->next : &store->first) = message;
    store->last = message;
    *(source->last ? &source->last->next_own : &source->first) = message;
    source->last = message;
    source->bytes += sizeof *message + size;
    return message;
}

// One that was said to this service, and not to an earlier one.
static bool put_new(struct store *store, struct source *source, const struct said *said)
{
    struct message *message = put(store, source, said);
    if (message != nullptr) memory_keep(message);
    return message != nullptr;
}

// By the times of the messages themselves, so that who reads them again drops the same.
static bool is_allowed(struct source *source, uint64_t time)
{
    if (time > source->counted) {
        uint64_t more = time - source->counted, most = STORE_BURST * PRICE;
        source->allowed = more < most - source->allowed ? source->allowed + more : most;
        source->counted = time;
    }
    if (source->allowed < PRICE) return false;
    source->allowed -= PRICE;
    return true;
}

static void tell_dropped(struct store *store, struct source *source, uint64_t time)
{
    char text[64];
    int size = snprintf(text, sizeof text, "%u messages dropped", source->dropped);
    struct said said = {.text = text,
                        .text_size = (size_t)size,
                        .level = LEVEL_WARNING,
                        .is_own = true,
                        .time = time};
    if (!put_new(store, source, &said)) return;
    source->dropped = 0;
    source->told = time;
}

bool store_add(struct store *store, const struct said *said)
{
    struct source *source = source_of(store, said->name, said->name_size);
    if (source == nullptr) return false;
    if (!is_allowed(source, said->time)) {
        source->dropped += said->time >= source->told; // earlier ones an earlier service has told
        return false;
    }
    if (source->dropped != 0 && said->time >= source->told + SECOND)
        tell_dropped(store, source, said->time);
    if (put_new(store, source, said)) return true;
    source->dropped++;
    return false;
}

void store_tell_dropped(struct store *store, uint64_t time)
{
    for (struct source *source = store->sources; source; source = source->next) {
        if (source->dropped != 0) tell_dropped(store, source, time);
    }
}

const struct message *store_after(const struct store *store, uint64_t number)
{
    const struct message *message = store->last, *found = nullptr;
    while (message && message->number > number) {
        found = message;
        message = message->previous;
    }
    return found;
}

size_t store_line(const struct message *message, char *to, size_t size)
{
    int length = snprintf(
        to, size, "[%5llu.%06llu] %s %s: %.*s\n", (unsigned long long)(message->time / SECOND),
        (unsigned long long)(message->time % SECOND / 1000), level_names[message->level],
        message->source->name, (int)message->size, message->text);
    return (size_t)length < size ? (size_t)length : size - 1;
}

static struct message *restore(void *context, const struct said *said, uint64_t number)
{
    struct store *store = context;
    struct source *source = source_of(store, said->name, said->name_size);
    store->count = number - 1;
    if (source != nullptr && said->is_own) source->told = said->time;
    if (source != nullptr && !said->is_own) (void)is_allowed(source, said->time); // as it was
    if (!said->is_own) store->heard = said->time;
    return source == nullptr ? nullptr : put(store, source, said);
}

void store_restore(struct store *store)
{
    memory_each(store, restore);
}

bool store_has(const struct store *store, const struct said *said)
{
    if (said->time != store->heard) return said->time < store->heard;
    for (const struct message *at = store->last; at; at = at->previous) {
        if (at->time == said->time && at->size == said->text_size &&
            memcmp(at->text, said->text, said->text_size) == 0)
            return true;
    }
    return false;
}
