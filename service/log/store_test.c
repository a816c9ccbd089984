// SPDX-License-Identifier: MIT
// Tests of the log service's store.
#include "store.h"

#include "test/unit.h"
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
