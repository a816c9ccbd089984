// SPDX-License-Identifier: MIT
// Tests of the log service's store.
#include "store.h"

#include "test/unit.h"
#include <kept/kept.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool say(struct store *store, const char *line, uint64_t time)
{
    struct said said = said_read(line, strlen(line), false);
    said.time = time;
    return store_add(store, &said);
}

static void clear(struct store *store)
{
    for (struct message *m = store->first, *next; m; m = next) {
        next = m->next;
        free(m);
    }
    for (struct source *s = store->sources, *next; s; s = next) {
        next = s->next;
        free(s);
    }
    *store = (struct store){};
}

static uint32_t count(const struct store *store, const char *name)
{
    uint32_t found = 0;
    for (const struct message *m = store->first; m; m = m->next)
        found += strcmp(m->source->name, name) == 0;
    return found;
}

TEST("a line says who said it, and how serious it is")
{
    static const char line[] = "ip: <0>no address", bare[] = "no name: here", from[] = "x: y";
    struct said said = said_read(line, sizeof line - 1, false);
    EXPECT(said.name_size == 2 && memcmp(said.name, "ip", 2) == 0 && said.level == LEVEL_ERROR);
    EXPECT(said.text_size == 10 && memcmp(said.text, "no address", 10) == 0);
    said = said_read(bare, sizeof bare - 1, false);
    EXPECT(memcmp(said.name, "unknown", 7) == 0 && said.text == bare &&
           said.level == LEVEL_WARNING);
    said = said_read(from, sizeof from - 1, true);
    EXPECT(memcmp(said.name, "kernel", 6) == 0 && said.text == from && said.level == LEVEL_INFO);
    EXPECT(said_read("", 0, false).text_size == 0 && said_read("a:", 2, false).text_size == 0);
}

TEST("a message is a line with its time, level and source")
{
    struct store store = {};
    char text[STORE_LINE_MAX];
    EXPECT(say(&store, "ip: up", 1'234'567'890));
    size_t size = store_line(store.first, text, sizeof text);
    EXPECT(strcmp(text, "[    1.234567] warning ip: up\n") == 0 && size == strlen(text));
    EXPECT(store_line(store.first, text, 8) == 7);
    EXPECT(store_after(&store, 0) == store.first && store_after(&store, 1) == nullptr);
    clear(&store);
}

TEST("who talks much loses his own oldest, and nobody else's")
{
    struct store store = {};
    char line[1000];
    EXPECT(say(&store, "quiet: here", 0));
    memset(line, 'x', sizeof line);
    memcpy(line, "loud: ", 6);
    line[sizeof line - 1] = '\0';
    for (uint64_t i = 0; i < 1000; i++) EXPECT(say(&store, line, i * 1'000'000'000));
    EXPECT(count(&store, "quiet") == 1 && count(&store, "loud") > 20 && count(&store, "loud") < 40);
    EXPECT(store.sources->bytes <= STORE_SOURCE_MAX);
    clear(&store);
}

TEST("more than a burst is dropped and counted, and a second allows a few again")
{
    struct store store = {};
    char text[STORE_LINE_MAX];
    uint32_t taken = 0;
    for (uint32_t i = 0; i < 1000; i++) taken += say(&store, "loud: again", 5);
    EXPECT(taken == STORE_BURST && say(&store, "quiet: here", 5));
    taken = 0;
    for (uint32_t i = 0; i < 100; i++) taken += say(&store, "loud: again", 1'000'000'005);
    EXPECT(taken == STORE_RATE);
    bool is_told = false;
    for (const struct message *m = store.first; m; m = m->next) {
        (void)store_line(m, text, sizeof text);
        is_told |= strstr(text, " loud: 800 messages dropped\n") != nullptr;
    }
    EXPECT(is_told);
    store_tell_dropped(&store, 2);
    (void)store_line(store.last, text, sizeof text);
    EXPECT(strcmp(text, "[    0.000000] warning loud: 80 messages dropped\n") == 0);
    uint64_t before = store.count;
    store_tell_dropped(&store, 2);
    EXPECT(store.count == before);
    clear(&store);
}

TEST("names beyond those that there is room for share one")
{
    struct store store = {};
    char line[32];
    for (uint32_t i = 0; i < 200; i++) {
        (void)snprintf(line, sizeof line, "name%u: here", i);
        EXPECT(say(&store, line, 0));
    }
    EXPECT(count(&store, "name0") == 1 && count(&store, "name199") == 0);
    EXPECT(count(&store, "others") == 200 - STORE_SOURCES &&
           store.source_count <= STORE_SOURCES + 1);
    clear(&store);
}

// What init would keep: it stays when the store goes.
static struct {
    uint64_t is_used;
    uint8_t data[256];
} kept[64];
static size_t record_size;

enum status kept_open(size_t size)
{
    record_size = size;
    return size <= sizeof kept[0].data ? OK : ERR_TOO_LARGE;
}

uint32_t kept_create(const void *data)
{
    uint32_t i = 0;
    while (i < 64 && kept[i].is_used) i++;
    if (i == 64 || record_size == 0) return 0;
    kept[i].is_used = true;
    memcpy(kept[i].data, data, record_size);
    return i + 1;
}

void kept_remove(uint32_t record)
{
    if (record != 0) kept[record - 1].is_used = false;
}

const void *kept_next(uint32_t *record)
{
    while (++*record <= 64) {
        if (kept[*record - 1].is_used) return kept[*record - 1].data;
    }
    return nullptr;
}

void kept_finish(void) {}

TEST("what an earlier service had is there again, and not taken twice from the kernel")
{
    static struct store store;
    char text[340] = "ip: ", before[STORE_LINE_MAX], line[STORE_LINE_MAX];
    memset(kept, 0, sizeof kept);
    store_restore(&store);
    EXPECT(store.first == nullptr);
    memset(text + 4, 'x', sizeof text - 5);
    EXPECT(say(&store, "init: one", 5) && say(&store, text, 6) && say(&store, "init: two", 7));
    store_line(store.first->next, before, sizeof before);
    clear(&store);
    store_restore(&store);
    EXPECT(count(&store, "init") == 2 && count(&store, "ip") == 1 && store.count == 3);
    store_line(store.first->next, line, sizeof line);
    EXPECT(strcmp(line, before) == 0);
    const struct said again = {.text = "two", .text_size = 3, .time = 7};
    const struct said other = {.text = "too", .text_size = 3, .time = 7};
    EXPECT(store_has(&store, &again) && !store_has(&store, &other));
    EXPECT(store_has(&store, &(struct said){.time = 6}) &&
           !store_has(&store, &(struct said){.time = 8}));
    EXPECT(say(&store, "init: three", 8) && store.last->number == 4);
    clear(&store);
    kept[2].is_used = false; // the service ended while it kept the second
    store_restore(&store);
    EXPECT(count(&store, "init") == 3 && count(&store, "ip") == 0);
    for (uint32_t i = 0; i < 64; i++) EXPECT(kept[i].is_used == (i == 0 || i == 5 || i == 6));
    clear(&store);
}

TEST("who was cut off is cut off for the next service, and what was told is not told again")
{
    static struct store store;
    uint32_t fresh = STORE_BURST - 10;
    memset(kept, 0, sizeof kept);
    store_restore(&store);
    EXPECT(say(&store, "ip: first", 1));
    store.sources->allowed -= fresh * 50'000'000ull; // as if as many had been said
    for (uint32_t i = 0; i < 12; i++) EXPECT(say(&store, "ip: word", 2) == (i < 9));
    store_tell_dropped(&store, 3);
    EXPECT(store.sources->dropped == 0 && store.count == 11);
    clear(&store);
    store_restore(&store);
    EXPECT(store.sources->allowed == fresh * 50'000'000ull + 1 && store.sources->told == 3);
    store.sources->allowed = 0;
    for (uint32_t i = 0; i < 3; i++) EXPECT(!say(&store, "ip: word", 2));
    EXPECT(store.sources->dropped == 0);
    EXPECT(!say(&store, "ip: word", 3) && store.sources->dropped == 1);
    clear(&store);
}

TEST("what is too old for the store is not kept, either")
{
    static struct store store;
    memset(kept, 0, sizeof kept);
    store_restore(&store);
    for (uint32_t i = 0; i < 60; i++) EXPECT(say(&store, "ip: word", i));
    uint32_t records = 0;
    struct source *source = store.sources;
    source->bytes = STORE_SOURCE_MAX; // as if they were long
    EXPECT(say(&store, "ip: last", 61));
    for (uint32_t i = 0; i < 64; i++) records += kept[i].is_used;
    EXPECT(records == count(&store, "ip"));
    clear(&store);
}

TEST("a name that begins that of the others is one of them when there are too many")
{
    struct store store = {};
    char line[32];
    for (uint32_t i = 0; i < STORE_SOURCES; i++) {
        snprintf(line, sizeof line, "s%u: here", i);
        EXPECT(say(&store, line, 0));
    }
    EXPECT(say(&store, "o: here", 0) && say(&store, "other: here", 0));
    EXPECT(say(&store, "others: here", 0) && say(&store, "otherss: here", 0));
    EXPECT(count(&store, "others") == 4 && store.source_count == STORE_SOURCES + 1);
    clear(&store);
}
