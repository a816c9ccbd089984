// SPDX-License-Identifier: MIT
// Messages as servers send them, and as those who would deceive do: what is no answer to the
// question is passed over, and of one that is only what was asked is taken.
#include "test/unit.h"

#include "cache.h"
#include "message.h"
#include "wire.h"
#include <ferrite/entropy.h>
#include <stdlib.h>
#include <string.h>

enum : uint16_t { ID = 0x1234, ANSWER = 0x8180, TRUNCATED = 0x0200 };

static uint8_t bytes[4096];
static size_t size;
static struct answer answer;

static struct name named(const char *text)
{
    struct name name = {};
    (void)name_parse(text, strlen(text), &name);
    return name;
}

static void add(const void *from, size_t count)
{
    memcpy(bytes + size, from, count);
    size += count;
}

static void add16(uint16_t value)
{
    put16(bytes + size, value);
    size += 2;
}

static void add_name(const char *text)
{
    struct name name = named(text);
    add(name.bytes, name.size);
}

static void reply(const char *name, uint16_t type, uint16_t flags, uint16_t answers,
                  uint16_t authorities)
{
    struct name asked = named(name);
    size = question_write(&asked, type, ID, bytes);
    put16(bytes + 2, flags);
    put16(bytes + 6, answers);
    put16(bytes + 8, authorities);
}

static void record_head(const char *owner, uint16_t type, uint32_t ttl, size_t data)
{
    add_name(owner);
    add16(type);
    add16(CLASS_IN);
    add16((uint16_t)(ttl >> 16));
    add16((uint16_t)ttl);
    add16((uint16_t)data);
}

static void address(const char *owner, uint32_t ttl, uint8_t last)
{
    record_head(owner, TYPE_A, ttl, 4);
    add((uint8_t[]){192, 0, 2, last}, 4);
}

static void alias(const char *owner, const char *target)
{
    struct name name = named(target);
    record_head(owner, TYPE_CNAME, 300, name.size);
    add(name.bytes, name.size);
}

static void zone(const char *owner, uint32_t ttl, uint32_t least)
{
    record_head(owner, TYPE_SOA, ttl, 22);
    add("\0", 2); // two names, both the root
    for (int i = 0; i < 4; i++) add("\0\0\0", 4);
    add16((uint16_t)(least >> 16));
    add16((uint16_t)least);
}

static void ask(const char *name, uint16_t type)
{
    struct question question = {.name = named(name), .type = type};
    (void)answer_begin(&answer, &question); // has the memory of the last one
}

static enum outcome heard(void)
{
    return answer_read(&answer, ID, bytes, size);
}

static bool is_printed(const struct name *name, const char *text)
{
    char printed[NAME_TEXT_SIZE];
    return name_print(name, printed) == strlen(text) && strcmp(printed, text) == 0;
}

TEST("names are read from text, and what is none is not")
{
    struct name name;
    EXPECT(name_parse("Web.example.", 12, &name) && is_printed(&name, "Web.example"));
    struct name other = named("wEB.EXAMPLE");
    EXPECT(name_equal(&name, &other));
    EXPECT(name_parse(".", 1, &name) && name.size == 1 && is_printed(&name, "."));
    static const char *const wrong[] = {"", "..", "a..b", ".a", "a b", "a\\b", "a..", "a\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        EXPECT(!name_parse(wrong[i], strlen(wrong[i]), &name));
    char text[300];
    memset(text, 'a', sizeof text);
    EXPECT(name_parse(text, LABEL_MOST, &name) && !name_parse(text, LABEL_MOST + 1, &name));
    for (size_t i = LABEL_MOST; i < sizeof text; i += LABEL_MOST + 1) text[i] = '.';
    EXPECT(name_parse(text, 253, &name) && name.size == NAME_MOST);
    EXPECT(!name_parse(text, 254, &name));
}

TEST("pointers in names lead back only, so that none makes a loop")
{
    struct name name;
    static const uint8_t forward[] = {1, 'a', 0xc0, 4, 1, 'b', 0}, itself[] = {0xc0, 0};
    static const uint8_t loop[] = {1, 'a', 0xc0, 0}, pair[] = {0xc0, 2, 0xc0, 0};
    static const uint8_t right[] = {1, 'b', 0, 1, 'a', 0xc0, 0, 9};
    size_t at = 0;
    EXPECT(!name_read(forward, sizeof forward, &at, &name));
    EXPECT(!name_read(itself, sizeof itself, &(size_t){0}, &name));
    EXPECT(!name_read(loop, sizeof loop, &(size_t){0}, &name));
    EXPECT(!name_read(pair, sizeof pair, &(size_t){2}, &name));
    at = 3;
    EXPECT(name_read(right, sizeof right, &at, &name) && at == 7 && is_printed(&name, "a.b"));
    EXPECT(!name_read(right, 6, &(size_t){3}, &name)); // half a pointer
    EXPECT(!name_read((const uint8_t[]){0x41, 'a', 0}, 3, &(size_t){0}, &name));
    EXPECT(!name_read((const uint8_t[]){5, 'a', 0}, 3, &(size_t){0}, &name));
}

TEST("a name longer than names can be is refused")
{
    struct name name;
    uint8_t long_name[320];
    for (size_t i = 0; i < sizeof long_name; i += 64) {
        memset(long_name + i, 'a', 64);
        long_name[i] = 63;
    }
    long_name[256] = 0;
    EXPECT(!name_read(long_name, sizeof long_name, &(size_t){0}, &name));
    EXPECT(name_read(long_name, sizeof long_name, &(size_t){64}, &name));
}

TEST("an answer gives the records that were asked for, and how long they are good")
{
    ask("web.example", TYPE_A);
    reply("WEB.example", TYPE_A, ANSWER, 3, 0);
    address("web.example", 60, 1);
    address("Web.Example", 30, 2);
    address("other.example", 1, 3);
    EXPECT(heard() == OUTCOME_FOUND && answer.count == 2 && answer.ttl == 30);
    answer_end(&answer, CODE_OK);
    uint32_t count;
    struct record record;
    size_t at = records_begin(answer.bytes, answer.size, &count);
    EXPECT(count == 2 && record_read(answer.bytes, answer.size, &at, &record));
    EXPECT(is_printed(&record.owner, "web.example") && answer.bytes[record.data_at + 3] == 1);
    EXPECT(record_read(answer.bytes, answer.size, &at, &record) && at == answer.size);
}

TEST("what is no answer to the question is passed over")
{
    static const struct {
        uint8_t at, byte;
    } changes[] = {{1, 0x35}, {2, 0x01}, {2, 0xa9}, {5, 0}, {5, 2}, {13, 'x'}, {26, 28}, {28, 3}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        ask("web.example", TYPE_A);
        reply("web.example", TYPE_A, ANSWER, 1, 0);
        address("web.example", 60, 1);
        bytes[changes[i].at] = changes[i].byte;
        EXPECT(heard() == OUTCOME_WRONG && answer.count == 0);
    }
}

TEST("an answer that is cut anywhere is passed over")
{
    reply("web.example", TYPE_A, ANSWER, 1, 1);
    address("web.example", 60, 1);
    zone("example", 60, 60);
    for (size_t whole = size; size-- > 0;) {
        ask("web.example", TYPE_A);
        EXPECT(size < whole && heard() == OUTCOME_WRONG && answer.count == 0);
    }
}

TEST("an address of the wrong size is none")
{
    ask("web.example", TYPE_AAAA);
    reply("web.example", TYPE_AAAA, ANSWER, 1, 0);
    record_head("web.example", TYPE_AAAA, 60, 4);
    add("\1\2\3\4", 4);
    EXPECT(heard() == OUTCOME_NO_DATA && answer.count == 0);
}

TEST("aliases are followed, in any order")
{
    ask("a.example", TYPE_A);
    reply("a.example", TYPE_A, ANSWER, 3, 0);
    address("c.example", 60, 7);
    alias("b.example", "c.example");
    alias("a.example", "b.example");
    EXPECT(heard() == OUTCOME_FOUND && answer.count == 3 && answer.links == 2);
    EXPECT(is_printed(&answer.last, "c.example"));
}

TEST("an alias whose target the server does not tell is asked for, and the answer goes on")
{
    ask("a.example", TYPE_A);
    reply("a.example", TYPE_A, ANSWER, 1, 0);
    alias("a.example", "b.other");
    EXPECT(heard() == OUTCOME_MORE && is_printed(&answer.last, "b.other"));
    reply("a.example", TYPE_A, ANSWER, 1, 0);
    address("b.other", 60, 6);
    EXPECT(heard() == OUTCOME_WRONG);
    reply("b.other", TYPE_A, ANSWER, 1, 0);
    address("b.other", 60, 7);
    EXPECT(heard() == OUTCOME_FOUND && answer.count == 2 && answer.ttl == 60);
}

TEST("aliases that lead in a circle come to an end")
{
    ask("a.example", TYPE_A);
    reply("a.example", TYPE_A, ANSWER, 2, 0);
    alias("a.example", "b.example");
    alias("b.example", "a.example");
    EXPECT(heard() == OUTCOME_FAILED && answer.links == LINKS_MOST + 1);
}

TEST("that there is nothing is remembered as long as the zone says, else not at all")
{
    ask("no.example", TYPE_A);
    reply("no.example", TYPE_A, ANSWER | CODE_NO_NAME, 0, 1);
    zone("example", 600, 90);
    EXPECT(heard() == OUTCOME_NO_NAME && answer.ttl == 90);
    ask("no.example", TYPE_A);
    reply("no.example", TYPE_A, ANSWER, 0, 1);
    zone("other", 600, 90);
    EXPECT(heard() == OUTCOME_NO_DATA && answer.ttl == 0);
    ask("no.example", TYPE_A);
    reply("no.example", TYPE_A, ANSWER, 0, 1);
    zone("example", 1 << 30, 1 << 30);
    EXPECT(heard() == OUTCOME_NO_DATA && answer.ttl == NEGATIVE_TTL_MOST);
}

TEST("a truncated answer is to be asked for again, one that a server refuses elsewhere")
{
    ask("web.example", TYPE_A);
    reply("web.example", TYPE_A, ANSWER | TRUNCATED, 1, 0);
    EXPECT(heard() == OUTCOME_TRUNCATED);
    for (uint16_t code = 1; code < 16; code++) {
        reply("web.example", TYPE_A, ANSWER | code, 0, 0);
        EXPECT(heard() == (code == CODE_NO_NAME ? OUTCOME_NO_NAME : OUTCOME_FAILED));
    }
}

TEST("questions of programs are read, and nothing else is")
{
    uint16_t id;
    struct question question;
    struct name name = named("a.example");
    size = question_write(&name, TYPE_MX, ID, bytes);
    EXPECT(question_read(bytes, size, &id, &question) && id == ID && question.type == TYPE_MX);
    for (size_t less = 0; less < size; less++) EXPECT(!question_read(bytes, less, &id, &question));
    put16(bytes + 2, ANSWER);
    EXPECT(!question_read(bytes, size, &id, &question));
}

bool fe_entropy(void *data, size_t count)
{
    memset(data, 0x55, count);
    return true;
}

static void remember(struct cache *cache, uint32_t number, uint64_t expires)
{
    char text[] = "name.a0000";
    for (size_t i = sizeof text - 2; number > 0; number /= 10, i--)
        text[i] = (char)('0' + number % 10);
    ask(text, TYPE_A);
    (void)cache_put(cache, &answer, OUTCOME_NO_NAME, expires);
}

TEST("what is remembered is forgotten in time, and when there is too much of it")
{
    struct cache cache = {};
    remember(&cache, 1, 100);
    struct question one = answer.question;
    EXPECT(cache_find(&cache, &one, 99) && !cache_find(&cache, &one, 100) && cache.bytes == 0);
    remember(&cache, 1, 100);
    size_t each = cache.bytes;
    uint32_t most = (uint32_t)(CACHE_BYTES / each);
    for (uint32_t i = 2; i <= most; i++) remember(&cache, i, 100);
    EXPECT(most > 1024 && cache_find(&cache, &one, 0) && cache.bytes == most * each);
    remember(&cache, 5000, 100);
    EXPECT(cache_find(&cache, &one, 0) && cache.bytes == most * each);
    one.name = named("NAME.a0003");
    EXPECT(cache_find(&cache, &one, 0));
    one.name = named("name.a0002");
    EXPECT(!cache_find(&cache, &one, 0)); // it was not asked for the longest time
    remember(&cache, 3, 50);              // in place of what was known
    EXPECT(cache.bytes == most * each);
    cache_clear(&cache);
    EXPECT(cache.bytes == 0 && cache.first == nullptr && cache.index.count == 0);
    free(cache.index.buckets);
}
