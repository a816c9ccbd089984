// SPDX-License-Identifier: MIT
// Slots by their registers: what leads from one state to the next, and what is written when.
#include "test/unit.h"

#include "slot.h"

#include <abi/object.h>
#include <string.h>

enum : uint64_t { SECOND = 1'000'000'000 };
enum : uint32_t { ALL = SLOT_HAS_BUTTON | SLOT_HAS_POWER | SLOT_IS_HOT };

// A slot, a port that carries out what is written, and a clock that goes on from call to call.
static struct slot slot;
static struct slot_port port;
static uint16_t status; // without events
static bool link_is_up, is_empty;
static uint64_t now;

static enum slot_order happens(uint16_t events)
{
    uint16_t value;
    const struct slot_view view = {
        .status = status | events, .link_is_up = link_is_up, .is_empty = is_empty};
    enum slot_order order = slot_step(&slot, &view, ++now);
    if (slot_command(&slot, now, &value)) port.control = value;
    return order;
}

static enum slot_order later(uint64_t time)
{
    now += time;
    return happens(SLOT_COMPLETED);
}

static bool is_shown(uint16_t power, uint16_t attention)
{
    return (port.control & SLOT_POWER_MASK) == power &&
           (port.control & SLOT_ATTENTION_MASK) == attention;
}

static bool has_power(void)
{
    return (port.control & SLOT_IS_OFF) == 0;
}

static void begin(bool is_there, uint16_t control, uint32_t capabilities)
{
    uint16_t value;
    port = (struct slot_port){.capabilities = capabilities, .control = control, .tells_link = true};
    status = is_there ? SLOT_IS_PRESENT : 0;
    link_is_up = is_there && (control & SLOT_IS_OFF) == 0;
    is_empty = true;
    const struct slot_view view = {.status = status, .link_is_up = link_is_up};
    slot_init(&slot, &port, &view, now);
    if (slot_command(&slot, now, &value)) port.control = value;
}

// A card is plugged, and its functions are in use.
static void plug(void)
{
    status = SLOT_IS_PRESENT;
    EXPECT(happens(SLOT_PRESENCE_CHANGED | SLOT_BUTTON | SLOT_COMPLETED) == SLOT_NOTHING);
    EXPECT(slot.state == SLOT_TRAINS && has_power());
    link_is_up = true;
    EXPECT(happens(SLOT_LINK_CHANGED | SLOT_COMPLETED) == SLOT_NOTHING);
    EXPECT(later(SECOND / 20) == SLOT_NOTHING); // the card may not answer yet
    EXPECT(later(SECOND / 10) == SLOT_ADD);
    EXPECT(slot.state == SLOT_READY && is_shown(SLOT_POWER_ON, SLOT_ATTENTION_OFF));
    is_empty = false;
    EXPECT(happens(SLOT_COMPLETED) == SLOT_NOTHING);
}

TEST("a card that is there at the beginning is in use, an empty slot has no power")
{
    begin(true, SLOT_POWER_ON, ALL);
    EXPECT(slot.state == SLOT_READY && has_power() && slot_due(&slot) != FE_FOREVER);
    EXPECT(happens(SLOT_COMPLETED) == SLOT_NOTHING && slot_due(&slot) == FE_FOREVER);
    begin(false, SLOT_POWER_ON, ALL);
    EXPECT(slot.state == SLOT_OFF && !has_power());
    EXPECT(is_shown(SLOT_POWER_OFF, SLOT_ATTENTION_OFF));
    EXPECT((port.control & (SLOT_INTERRUPTS | SLOT_ON_BUTTON | SLOT_ON_PRESENCE)) ==
           (SLOT_INTERRUPTS | SLOT_ON_BUTTON | SLOT_ON_PRESENCE));
}

TEST("a card that firmware has left without power gets it")
{
    begin(true, SLOT_IS_OFF, ALL);
    EXPECT(slot.state == SLOT_TRAINS && has_power());
    link_is_up = true;
    EXPECT(happens(SLOT_COMPLETED) == SLOT_NOTHING);
    EXPECT(later(SECOND) == SLOT_ADD);
}

TEST("a card that is plugged gets power, then its time, and is used")
{
    begin(false, SLOT_IS_OFF, ALL);
    plug();
}

TEST("a button that is pressed takes the card away after five seconds, drivers first, then power")
{
    begin(false, SLOT_IS_OFF, ALL);
    plug();
    EXPECT(happens(SLOT_BUTTON) == SLOT_NOTHING);
    EXPECT(is_shown(SLOT_POWER_BLINKS, SLOT_ATTENTION_OFF));
    EXPECT(strcmp(slot_state_name(&slot), "leaving") == 0);
    EXPECT(later(4 * SECOND) == SLOT_NOTHING && has_power());
    EXPECT(later(SECOND) == SLOT_REMOVE && has_power());
    EXPECT(later(SECOND) == SLOT_NOTHING && has_power()); // drivers take their time
    is_empty = true;
    EXPECT(happens(0) == SLOT_NOTHING);
    EXPECT(!has_power() && is_shown(SLOT_POWER_OFF, SLOT_ATTENTION_OFF));
    status = 0;
    link_is_up = false;
    EXPECT(happens(SLOT_PRESENCE_CHANGED | SLOT_LINK_CHANGED | SLOT_COMPLETED) == SLOT_NOTHING);
    EXPECT(later(2 * SECOND) == SLOT_NOTHING && slot.state == SLOT_OFF);
    EXPECT(slot_due(&slot) == FE_FOREVER);
    plug();
}

TEST("pressed twice, the button does nothing")
{
    begin(false, SLOT_IS_OFF, ALL);
    plug();
    EXPECT(happens(SLOT_BUTTON) == SLOT_NOTHING && happens(SLOT_BUTTON) == SLOT_NOTHING);
    EXPECT(later(0) == SLOT_NOTHING && is_shown(SLOT_POWER_ON, SLOT_ATTENTION_OFF));
    EXPECT(later(10 * SECOND) == SLOT_NOTHING && slot.state == SLOT_READY);
}

TEST(
    "a card that stays in its slot without power comes back by the button, unless it is taken back")
{
    begin(true, SLOT_POWER_ON, ALL);
    is_empty = false;
    EXPECT(happens(SLOT_BUTTON | SLOT_COMPLETED) == SLOT_NOTHING);
    EXPECT(later(6 * SECOND) == SLOT_REMOVE);
    is_empty = true;
    EXPECT(happens(0) == SLOT_NOTHING);
    link_is_up = false;
    EXPECT(happens(SLOT_LINK_CHANGED | SLOT_COMPLETED) == SLOT_NOTHING);
    EXPECT(later(2 * SECOND) == SLOT_NOTHING && slot.state == SLOT_OFF);
    EXPECT(happens(SLOT_BUTTON) == SLOT_NOTHING && !has_power());
    EXPECT(is_shown(SLOT_POWER_BLINKS, SLOT_ATTENTION_OFF));
    EXPECT(happens(SLOT_BUTTON | SLOT_COMPLETED) == SLOT_NOTHING);
    EXPECT(later(6 * SECOND) == SLOT_NOTHING && slot.state == SLOT_OFF);
    EXPECT(happens(SLOT_BUTTON) == SLOT_NOTHING);
    EXPECT(later(6 * SECOND) == SLOT_NOTHING && has_power());
}

TEST(
    "a card that is gone is given up at once, whatever tells it, also while the button's time runs")
{
    static const struct {
        uint16_t status, events;
        bool link_is_up;
    } gone[] = {{0, SLOT_PRESENCE_CHANGED, false},
                {SLOT_IS_PRESENT, SLOT_LINK_CHANGED, false},
                {UINT16_MAX, 0, true},
                {0, 0, true}};
    for (size_t i = 0; i < 2 * sizeof gone / sizeof *gone; i++) {
        begin(false, SLOT_IS_OFF, ALL);
        plug();
        if (i % 2 != 0) EXPECT(happens(SLOT_BUTTON) == SLOT_NOTHING);
        status = gone[i / 2].status;
        link_is_up = gone[i / 2].link_is_up;
        EXPECT(happens(gone[i / 2].events) == SLOT_LOSE);
        EXPECT(happens(0) == SLOT_NOTHING && slot.state == SLOT_STOPS);
        status = 0;
        is_empty = true;
        EXPECT(later(0) == SLOT_NOTHING && !has_power());
        EXPECT(later(2 * SECOND) == SLOT_NOTHING && slot.state == SLOT_OFF);
    }
}

TEST("another card in its place is used when the drivers of the first have ended")
{
    begin(true, SLOT_POWER_ON, ALL);
    is_empty = false;
    EXPECT(happens(SLOT_PRESENCE_CHANGED | SLOT_COMPLETED) == SLOT_LOSE);
    is_empty = true;
    EXPECT(later(0) == SLOT_NOTHING && !has_power());
    EXPECT(later(SECOND / 2) == SLOT_NOTHING && !has_power());
    EXPECT(later(SECOND) == SLOT_NOTHING && slot.state == SLOT_TRAINS && has_power());
    EXPECT(later(0) == SLOT_NOTHING && later(SECOND) == SLOT_ADD);
}

TEST("one that is plugged while the slot cools is used after that; one that left again is not")
{
    for (int stays = 0; stays < 2; stays++) {
        begin(true, SLOT_POWER_ON, ALL);
        EXPECT(happens(SLOT_BUTTON | SLOT_COMPLETED) == SLOT_NOTHING);
        EXPECT(later(6 * SECOND) == SLOT_REMOVE && later(0) == SLOT_NOTHING);
        EXPECT(slot.state == SLOT_COOLS);
        EXPECT(happens(SLOT_PRESENCE_CHANGED | SLOT_BUTTON | SLOT_COMPLETED) == SLOT_NOTHING);
        if (stays == 0) {
            status = 0;
            EXPECT(happens(SLOT_PRESENCE_CHANGED) == SLOT_NOTHING);
        }
        EXPECT(later(2 * SECOND) == SLOT_NOTHING && has_power() == (stays != 0));
    }
}

TEST("without a link, or with a fault of its power, a card is not used, and that is shown")
{
    begin(false, SLOT_IS_OFF, ALL);
    status = SLOT_IS_PRESENT;
    EXPECT(happens(SLOT_PRESENCE_CHANGED | SLOT_COMPLETED) == SLOT_NOTHING && has_power());
    EXPECT(later(2 * SECOND) == SLOT_NOTHING && !has_power());
    EXPECT(is_shown(SLOT_POWER_OFF, SLOT_ATTENTION_ON) && slot.error != nullptr);
    EXPECT(later(100 * SECOND) == SLOT_NOTHING && slot.state == SLOT_FAILED);
    plug(); // somebody has put it in anew
    EXPECT(slot.error == nullptr);
    EXPECT(happens(SLOT_FAULT) == SLOT_LOSE);
    is_empty = true;
    EXPECT(later(0) == SLOT_NOTHING && slot.state == SLOT_FAILED && !has_power());
    EXPECT(strcmp(slot.error, "power fault") == 0);
    status = 0;
    EXPECT(happens(SLOT_PRESENCE_CHANGED | SLOT_COMPLETED) == SLOT_NOTHING);
    EXPECT(slot.state == SLOT_OFF && is_shown(SLOT_POWER_OFF, SLOT_ATTENTION_OFF));
}

TEST("the next command waits until the last one is completed, or a second is over")
{
    begin(true, SLOT_POWER_ON, ALL);
    EXPECT(happens(SLOT_BUTTON) == SLOT_NOTHING);
    EXPECT(is_shown(SLOT_POWER_ON, SLOT_ATTENTION_OFF));
    EXPECT(happens(SLOT_COMPLETED) == SLOT_NOTHING);
    EXPECT(is_shown(SLOT_POWER_BLINKS, SLOT_ATTENTION_OFF));
    EXPECT(happens(SLOT_BUTTON) == SLOT_NOTHING);
    EXPECT(is_shown(SLOT_POWER_BLINKS, SLOT_ATTENTION_OFF));
    EXPECT(slot_due(&slot) <= now + SECOND);
    now = slot_due(&slot);
    EXPECT(happens(0) == SLOT_NOTHING && is_shown(SLOT_POWER_ON, SLOT_ATTENTION_OFF));
}

TEST("a plain slot that has no power controller and tells no completion follows presence")
{
    begin(false, 0, SLOT_IS_HOT | SLOT_TELLS_NOT);
    slot.tells_link = false;
    EXPECT(slot.state == SLOT_OFF && has_power());
    status = SLOT_IS_PRESENT;
    EXPECT(happens(SLOT_PRESENCE_CHANGED) == SLOT_NOTHING && slot_due(&slot) < now + 2 * SECOND);
    EXPECT(later(SECOND + 1) == SLOT_NOTHING && later(SECOND) == SLOT_ADD);
    status = 0;
    EXPECT(happens(SLOT_PRESENCE_CHANGED) == SLOT_LOSE);
    EXPECT(happens(0) == SLOT_NOTHING && later(2 * SECOND) == SLOT_NOTHING);
    EXPECT(slot.state == SLOT_OFF && has_power());
}
