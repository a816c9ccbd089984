// SPDX-License-Identifier: MIT
// Tests of what is known of pending signals.
#include <ferrite/signal.h>
#include "test/unit.h"

static union {
    struct fe_signal_page page;
    uint8_t bytes[4096];
} shared;

static bool put(uint32_t number, uint64_t value)
{
    return fe_signal_put(&shared.page, &(struct fe_signal_slot){.number = number, .value = value});
}

static uint64_t take(uint32_t number)
{
    struct fe_signal_slot known = {.number = number};
    return fe_signal_take(&shared.page, &known) ? known.value : 0;
}

TEST("signals of a kind are taken in their order")
{
    EXPECT(put(34, 1) && put(35, 2) && put(34, 3));
    EXPECT(take(34) == 1);
    EXPECT(put(34, 4));
    EXPECT(take(34) == 3 && take(34) == 4 && take(34) == 0);
    EXPECT(take(35) == 2 && take(35) == 0);
}

TEST("a full page takes no more until one is taken")
{
    for (uint32_t i = 0; i < SIGNAL_SLOT_COUNT; i++) EXPECT(put(40, i + 1));
    EXPECT(!put(41, 1));
    EXPECT(take(40) == 1 && put(41, 1) && !put(41, 2));
    for (uint32_t i = 1; i < SIGNAL_SLOT_COUNT; i++) EXPECT(take(40) == i + 1);
    EXPECT(take(41) == 1);
}

TEST("a noted value is found")
{
    uint64_t seven = 7, eight = 8;
    EXPECT(put(14, 7));
    EXPECT(fe_signal_has(&shared.page, 14, nullptr) && fe_signal_has(&shared.page, 14, &seven));
    EXPECT(!fe_signal_has(&shared.page, 14, &eight) && !fe_signal_has(&shared.page, 15, nullptr));
    EXPECT(take(14) == 7);
}
