// SPDX-License-Identifier: MIT
// In which order things are freed, and how far somebody goes who wants what was there before.
#include "kernel/object/reap.h"
#include "kernel/list.h"
#include "test/unit.h"
#include <arch/arch.h>
#include <string.h>

static struct reap whole, part, later;
static char order[16];
static uint32_t rest;

static void note(char letter)
{
    order[strlen(order)] = letter;
}

// Three steps, of which the first leaves something behind that is freed on its own.
static bool free_whole(struct reap *)
{
    note('w');
    if (rest == 3) reap_add(&part);
    return --rest == 0;
}

static bool free_part(struct reap *)
{
    note('p');
    return true;
}

static bool free_later(struct reap *)
{
    note('l');
    return true;
}

static void setup(void)
{
    none_reset();
    while (reap_step()) continue;
    memset(order, 0, sizeof order);
    rest = 3;
    reap_init(&whole, free_whole);
    reap_init(&part, free_part);
    reap_init(&later, free_later);
}

TEST("what comes out of freeing is freed before what was queued later")
{
    setup();
    reap_add(&whole);
    reap_add(&later);
    while (reap_step()) continue;
    EXPECT(strcmp(order, "wwwpl") == 0);
}

TEST("what was queued earlier is freed with all that it leads to, and nothing that came later")
{
    setup();
    uint64_t limit = 0;
    EXPECT(!reap_earlier(&limit));
    reap_add(&whole);
    none_machine.interrupt = true;
    EXPECT(reap_earlier(&limit) && order[0] == '\0'); // it lets the interrupt go first
    none_machine.interrupt = false;
    reap_add(&later);
    while (reap_earlier(&limit)) continue;
    EXPECT(strcmp(order, "wwwp") == 0);
    EXPECT(reap_step() && order[4] == 'l' && !reap_step());
}
