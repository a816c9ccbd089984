// SPDX-License-Identifier: MIT
// Tables that grow: entries keep their numbers, and who is forgotten when there is no room.
#include <lwip_table.h>

#include "test/lwip.h"
#include "test/unit.h"

#include <stdlib.h>
#include <string.h>

enum : int { MANY = 20000, NUMBER = 7 };

struct item {
    uint32_t name;
    bool is_kept;
};

static struct lwip_table table;
static void *moved_to;

static struct item *item(int entry)
{
    return (struct item *)table.entries + entry;
}

static void forget(int entry)
{
    if (!item(entry)->is_kept) lwip_table_remove(&table, entry);
}

static void note_move(void *to)
{
    moved_to = to;
}

static int find(uint32_t name)
{
    return lwip_table_find(&table, (uint32_t[LWIP_TABLE_KEY]){name, [5] = NUMBER});
}

static int add(uint32_t name)
{
    int entry = lwip_table_add(&table, (uint32_t[LWIP_TABLE_KEY]){name, [5] = NUMBER});
    if (entry >= 0) item(entry)->name = name;
    return entry;
}

// An empty one that may have as many entries as there is room for in these bytes.
static void begin(size_t room)
{
    free(table.entries);
    free(table.places);
    free(table.buckets);
    table =
        (struct lwip_table){.entry_size = sizeof(struct item), .forget = forget, .move = note_move};
    lwip_table_room = room;
}

static void second(void)
{
    table.second++;
}

TEST("thousands are found, each by its key, and keep their numbers")
{
    static int entry[MANY];
    begin(64 << 20);
    EXPECT(find(1) < 0);
    for (int i = 0; i < MANY; i++) {
        entry[i] = add((uint32_t)i);
        EXPECT(entry[i] >= 0 && !item(entry[i])->is_kept);
    }
    EXPECT(moved_to == table.entries && table.size >= MANY);
    for (int i = 0; i < MANY; i++)
        EXPECT(find((uint32_t)i) == entry[i] && item(entry[i])->name == (uint32_t)i);
    EXPECT(find(MANY) < 0);
}

TEST("one that was removed is not found, and its place is empty for the next")
{
    begin(64 << 20);
    for (uint32_t i = 0; i < 100; i++) (void)add(i);
    for (uint32_t i = 0; i < 100; i += 2) {
        int entry = find(i);
        lwip_table_remove(&table, entry);
        lwip_table_remove(&table, entry); // once is enough
        EXPECT(item(entry)->name == 0);
    }
    for (uint32_t i = 0; i < 100; i++) EXPECT((find(i) >= 0) == (i % 2 == 1));
    int size = table.size;
    for (uint32_t i = 0; i < 100; i += 2) EXPECT(add(i) >= 0 && find(i) >= 0);
    EXPECT(table.size == size);
}

TEST("a flood of new ones pushes out none that were used again")
{
    begin(1 << 20);
    for (uint32_t i = 0; i < 1000; i++) (void)add(i);
    second();
    for (uint32_t i = 0; i < 1000; i++) lwip_table_use(&table, find(i));
    for (uint32_t i = 0; i < MANY; i++) EXPECT(add(MANY + i) >= 0);
    int size = table.size;
    EXPECT(size >= 2048 && size < MANY);
    for (uint32_t i = 0; i < 1000; i++) EXPECT(find(i) >= 0);
    for (uint32_t i = 0; i < MANY; i++) {
        lwip_table_use(&table, add(2 * MANY + i)); // once, in the second when it came
        EXPECT(table.size == size);
    }
    for (uint32_t i = 0; i < 1000; i++) EXPECT(find(i) >= 0);
}

TEST("where all were used, the one goes that was not used for longest, and none that refuses")
{
    begin(0); // the least that there is
    for (uint32_t i = 0; i < 64; i++) item(add(i))->is_kept = i == 0;
    for (uint32_t i = 0; i < 64; i++) {
        second();
        lwip_table_use(&table, find((i + 5) % 64));
    }
    item(find(5))->is_kept = true;
    EXPECT(add(100) >= 0 && table.size == 64);
    EXPECT(find(5) >= 0 && find(6) < 0 && find(7) >= 0);
    for (uint32_t i = 0; i < 64; i++)
        if (find(i) >= 0) item(find(i))->is_kept = true;
    item(find(100))->is_kept = true;
    EXPECT(add(101) < 0);
}

TEST("those that wait for an answer have a small part, and the one that waits for longest goes")
{
    begin(1 << 20);
    for (uint32_t i = 0; i < 500; i++) {
        int entry = add(i);
        lwip_table_wait(&table, entry);
        lwip_table_use(&table, entry); // no use while nobody answered
        EXPECT(find(i) >= 0);
    }
    int count = table.count[LWIP_TABLE_WAITING];
    EXPECT(count == 128 && find(499 - 128) < 0 && find(500 - 128) >= 0);
    lwip_table_settle(&table, find(500 - 128));
    EXPECT(table.count[LWIP_TABLE_WAITING] == 127 && table.count[LWIP_TABLE_NEW] == 1);
    lwip_table_wait(&table, add(500));
    lwip_table_wait(&table, add(501));
    EXPECT(find(500 - 128) >= 0 && find(501 - 128) < 0);
}

static int named; // of one that somebody knows by its number

static void note_number(int from, int to)
{
    if (named == from) named = to;
}

TEST("when few are left a table is as small as they, who are found, and known, and in their turn")
{
    begin(64 << 20);
    table.renumber = note_number;
    for (uint32_t i = 0; i < MANY; i++) (void)add(i);
    int size = table.size;
    lwip_table_shrink(&table);
    EXPECT(table.size == size);
    named = find(MANY - 1);
    for (uint32_t i = 0; i < MANY; i++)
        if (i % 1000 != 999) lwip_table_remove(&table, find(i));
    second();
    for (uint32_t i = 999; i < MANY / 2; i += 1000) lwip_table_use(&table, find(i));
    lwip_table_wait(&table, find(MANY - 1));
    moved_to = NULL;
    lwip_table_shrink(&table);
    EXPECT(table.size == 64 && moved_to == table.entries);
    EXPECT(named < 64 && item(named)->name == MANY - 1 && find(MANY - 1) == named);
    for (uint32_t i = 0; i < MANY; i++) EXPECT((find(i) >= 0) == (i % 1000 == 999));
    EXPECT(table.count[LWIP_TABLE_USED] == 10 && table.count[LWIP_TABLE_NEW] == 9);
    EXPECT(table.count[LWIP_TABLE_FREE] == 44);
    for (uint32_t next = 999; next < MANY - 1; next += 1000) { // used ones are older than others
        int first = table.first[next < MANY / 2 ? LWIP_TABLE_USED : LWIP_TABLE_NEW];
        EXPECT(first >= 0 && item(first)->name == next);
        lwip_table_remove(&table, first);
    }
    EXPECT(table.count[LWIP_TABLE_FREE] == 63);
    for (uint32_t i = 0; i < MANY; i++) EXPECT(find(i) >= 0 || add(i) >= 0); // and grows again
    for (uint32_t i = 0; i < MANY; i++) EXPECT(item(find(i))->name == i);
    lwip_table_shrink(&table);
    EXPECT(table.size == size);
}

TEST("a table that is empty, or was never used, is left alone when there is nothing to give back")
{
    begin(64 << 20);
    lwip_table_shrink(&table);
    EXPECT(table.size == 0 && table.entries == NULL);
    for (uint32_t i = 0; i < MANY; i++) (void)add(i);
    for (uint32_t i = 0; i < MANY; i++) lwip_table_remove(&table, find(i));
    lwip_table_shrink(&table);
    const void *before = table.entries;
    lwip_table_shrink(&table);
    EXPECT(table.size == 64 && table.entries == before && find(0) < 0 && add(0) >= 0);
}
