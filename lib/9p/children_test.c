// SPDX-License-Identifier: MIT
#include "children.h"
#include "test/unit.h"
#include <stdio.h>
#include <string.h>

enum : uint32_t { MANY = 20'000 };

static struct child child[MANY];
static char name[MANY][8];

static struct p9_name name_of(uint32_t number)
{
    return (struct p9_name){name[number], strlen(name[number])};
}

static void add_many(struct children *children)
{
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(name[i], sizeof name[i], "%u", i);
        child[i].name = name[i];
        EXPECT(children_add(children, &child[i]));
    }
}

// Those that are there, by the step, in their order; and their number.
static uint32_t are_in_order(const struct children *children, uint32_t step)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < children->used; i++) {
        if (children->list[i] == nullptr) continue;
        if (children->list[i] != &child[count * step]) return 0;
        count++;
    }
    return count;
}

TEST("in an empty directory nothing is found")
{
    struct children children = {};
    EXPECT(children_find(&children, (struct p9_name){"a", 1}) == nullptr);
    children_fini(&children);
}

TEST("each of many is found by its name, and by no part of it, in the order in which they came")
{
    struct children children = {};
    add_many(&children);
    EXPECT(are_in_order(&children, 1) == MANY);
    for (uint32_t i = 0; i < MANY; i++) EXPECT(children_find(&children, name_of(i)) == &child[i]);
    EXPECT(children_find(&children, (struct p9_name){"20000", 5}) == nullptr);
    EXPECT(children_find(&children, (struct p9_name){"19999", 4}) == &child[1999]);
    EXPECT(children_find(&children, (struct p9_name){"", 0}) == nullptr);
    children_fini(&children);
}

TEST("those that are removed are gone, the others stay in their order, and the room is given back")
{
    enum : uint32_t { STEP = 100 };
    struct children children = {};
    add_many(&children);
    uint32_t most = children.capacity;
    for (uint32_t i = 0; i < MANY; i++)
        if (i % STEP != 0) children_remove(&children, &child[i]);
    EXPECT(children.count == MANY / STEP && are_in_order(&children, STEP) == MANY / STEP);
    EXPECT(children.capacity <= most / 32);
    for (uint32_t i = 0; i < MANY; i++)
        EXPECT(children_find(&children, name_of(i)) == (i % STEP == 0 ? &child[i] : nullptr));
    for (uint32_t i = 0; i < MANY; i += STEP) children_remove(&children, &child[i]);
    EXPECT(children.count == 0 && children.used == 0);
    children_fini(&children);
}

TEST("one that comes and goes among others needs no more room with time")
{
    struct children children = {};
    add_many(&children);
    uint32_t most = children.capacity;
    for (uint32_t i = 0; i < 3 * MANY; i++) {
        children_remove(&children, &child[i % MANY]);
        EXPECT(children_add(&children, &child[i % MANY]));
    }
    EXPECT(children.capacity <= 2 * most && are_in_order(&children, 1) == MANY);
    children_fini(&children);
}
