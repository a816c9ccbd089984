// SPDX-License-Identifier: MIT
// Feeds the log with lines of programs and of the kernel. An input is records: how much later (1
// byte, in sixteenths of a second; odd: the kernel said it), bytes (1), and those. What is kept of
// a source stays within its share, there are no more sources than may be, and each message is a
// line.
#include "service/log/store.c"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static void must(bool condition)
{
    if (!condition) abort();
}

// Nothing is kept for another service.

size_t memory_records(const char *name, size_t size)
{
    return size % 4;
}

void memory_keep(struct message *message)
{
    for (uint32_t i = 0; i < message->record_count; i++) message->record[i] = i;
}

void memory_drop(const struct message *message) {}
void memory_each(void *context,
                 struct message *(*each)(void *context, const struct said *said, uint64_t number))
{
}

static void said_check(const struct said *said, const uint8_t *line, size_t size)
{
    const uint8_t *text = (const uint8_t *)said->text;
    must(said->level <= LEVEL_DEBUG && said->name_size < STORE_NAME_MAX && said->name_size > 0);
    must(text >= line && text + said->text_size == line + size);
}

static void store_check(const struct store *store)
{
    char line[STORE_LINE_MAX];
    uint32_t sources = 0;
    size_t messages = 0, owned = 0;
    for (const struct source *source = store->sources; source; source = source->next, sources++) {
        must(source->bytes <= STORE_SOURCE_MAX && source->name[0] != '\0');
        for (const struct message *at = source->first; at; at = at->next_own) owned++;
    }
    must(sources == store->source_count && sources <= STORE_SOURCES + 1);
    for (const struct message *at = store->first; at; at = at->next, messages++) {
        must(at->size <= STORE_TEXT_MAX && at->number <= store->count);
        must(store_line(at, line, sizeof line) < sizeof line);
    }
    must(messages == owned);
}

static void store_free(struct store *store)
{
    for (struct message *at = store->first, *next; at; at = next) {
        next = at->next;
        free(at);
    }
    for (struct source *at = store->sources, *next; at; at = next) {
        next = at->next;
        free(at);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    struct store store = {};
    uint64_t time = 0;
    while (size >= 2) {
        size_t count = input[1] < size - 2 ? input[1] : size - 2;
        uint8_t *line = malloc(count); // of its own size, so that reading past the end is seen
        memcpy(line, input + 2, count);
        time += input[0] * (SECOND / 16);
        struct said said = said_read((const char *)line, count, input[0] & 1);
        said.time = time;
        said_check(&said, line, count);
        (void)store_add(&store, &said);
        free(line);
        input += 2 + count;
        size -= 2 + count;
    }
    store_tell_dropped(&store, time + SECOND);
    store_check(&store);
    store_free(&store);
    return 0;
}
