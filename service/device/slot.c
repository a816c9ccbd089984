// SPDX-License-Identifier: MIT
// The states of a slot (slot.h), and what leads from one to the next.
#include "slot.h"

#include <abi/object.h>
#include <stddef.h>

enum : uint64_t {
    BUTTON_PAUSE = 5'000'000'000,  // in which another press takes it back (6.7.1.5)
    OFF_PAUSE = 1'000'000'000,     // after power was taken away (6.7.1.8)
    COMMAND_LIMIT = 1'000'000'000, // for a command (6.7.3.2)
    TRAIN_LIMIT = 1'000'000'000,
    SETTLE_PAUSE = 100'000'000, // from the link to the first request (6.6.1)
};

static void enter(struct slot *slot, enum slot_state state, uint64_t due)
{
    slot->state = state;
    slot->due = due;
}

static void show(struct slot *slot, uint16_t power, uint16_t attention)
{
    slot->control &= (uint16_t)~(SLOT_POWER_MASK | SLOT_ATTENTION_MASK);
    slot->control |= power | attention;
}

static void be_off(struct slot *slot)
{
    show(slot, SLOT_POWER_OFF, SLOT_ATTENTION_OFF);
    slot->control |= SLOT_IS_OFF;
    enter(slot, SLOT_OFF, FE_FOREVER);
}

static void power_up(struct slot *slot, uint64_t now)
{
    slot->error = nullptr;
    slot->is_asked = false;
    show(slot, SLOT_POWER_BLINKS, SLOT_ATTENTION_OFF);
    slot->control &= (uint16_t)~SLOT_IS_OFF;
    enter(slot, SLOT_TRAINS, now + TRAIN_LIMIT);
}

static void fail(struct slot *slot, const char *why)
{
    show(slot, SLOT_POWER_OFF, SLOT_ATTENTION_ON);
    slot->control |= SLOT_IS_OFF;
    slot->error = why;
    enter(slot, SLOT_FAILED, FE_FOREVER);
}

static void be_ready(struct slot *slot)
{
    show(slot, SLOT_POWER_ON, SLOT_ATTENTION_OFF);
    enter(slot, SLOT_READY, FE_FOREVER);
}

static bool is_present(const struct slot_view *view)
{
    return (view->status & SLOT_IS_PRESENT) != 0;
}

static bool has_link(const struct slot *slot, const struct slot_view *view)
{
    return !slot->tells_link || view->link_is_up;
}

// A card that went and came is another one, even if it is there again.
static bool is_lost(const struct slot *slot, const struct slot_view *view)
{
    uint16_t changes = SLOT_PRESENCE_CHANGED | (slot->tells_link ? SLOT_LINK_CHANGED : 0);
    return (view->status & (changes | SLOT_FAULT)) != 0 || !is_present(view) ||
           !has_link(slot, view);
}

static enum slot_order give_up(struct slot *slot, const struct slot_view *view,
                               enum slot_order order)
{
    if ((view->status & SLOT_FAULT) != 0) slot->error = "power fault";
    slot->is_asked = order == SLOT_LOSE && is_present(view) && slot->error == nullptr;
    show(slot, SLOT_POWER_BLINKS, SLOT_ATTENTION_OFF);
    enter(slot, SLOT_STOPS, FE_FOREVER);
    return order;
}

static void step_off(struct slot *slot, const struct slot_view *view, uint64_t now)
{
    if (!is_present(view)) {
        if (slot->state != SLOT_OFF) be_off(slot);
    } else if ((view->status & (SLOT_PRESENCE_CHANGED | SLOT_LINK_CHANGED)) != 0) {
        power_up(slot, now);
    } else if ((view->status & SLOT_BUTTON) != 0) {
        show(slot, SLOT_POWER_BLINKS, SLOT_ATTENTION_OFF);
        enter(slot, SLOT_ASKED, now + BUTTON_PAUSE);
    }
}

static void step_asked(struct slot *slot, const struct slot_view *view, uint64_t now)
{
    bool is_changed = (view->status & (SLOT_PRESENCE_CHANGED | SLOT_LINK_CHANGED)) != 0;
    if (!is_present(view) || (!is_changed && (view->status & SLOT_BUTTON) != 0))
        be_off(slot);
    else if (is_changed || now >= slot->due)
        power_up(slot, now);
}

static enum slot_order step_trains(struct slot *slot, const struct slot_view *view, uint64_t now)
{
    bool is_over = now >= slot->due;
    if ((view->status & SLOT_FAULT) != 0) {
        fail(slot, "power fault");
    } else if (!is_present(view)) {
        be_off(slot);
    } else if (slot->state == SLOT_TRAINS && (slot->tells_link ? view->link_is_up : is_over)) {
        enter(slot, SLOT_SETTLES, now + SETTLE_PAUSE);
    } else if (slot->state == SLOT_TRAINS && is_over) {
        fail(slot, "the link does not come up");
    } else if (slot->state == SLOT_SETTLES && !has_link(slot, view)) {
        enter(slot, SLOT_TRAINS, now + TRAIN_LIMIT);
    } else if (slot->state == SLOT_SETTLES && is_over) {
        be_ready(slot);
        return SLOT_ADD;
    }
    return SLOT_NOTHING;
}

static enum slot_order step_ready(struct slot *slot, const struct slot_view *view, uint64_t now)
{
    bool is_pressed = (view->status & SLOT_BUTTON) != 0;
    if (is_lost(slot, view)) return give_up(slot, view, SLOT_LOSE);
    if (slot->state == SLOT_READY && is_pressed) {
        show(slot, SLOT_POWER_BLINKS, SLOT_ATTENTION_OFF);
        enter(slot, SLOT_LEAVES, now + BUTTON_PAUSE);
    } else if (slot->state == SLOT_LEAVES && is_pressed) {
        be_ready(slot);
    } else if (slot->state == SLOT_LEAVES && now >= slot->due) {
        return give_up(slot, view, SLOT_REMOVE);
    }
    return SLOT_NOTHING;
}

static void step_stops(struct slot *slot, const struct slot_view *view, uint64_t now)
{
    if ((view->status & SLOT_PRESENCE_CHANGED) != 0) slot->is_asked = is_present(view);
    if (!view->is_empty) return;
    const char *error = slot->error;
    be_off(slot);
    if (error != nullptr) return fail(slot, error);
    enter(slot, SLOT_COOLS, now + OFF_PAUSE);
}

static void step_cools(struct slot *slot, const struct slot_view *view, uint64_t now)
{
    if ((view->status & (SLOT_PRESENCE_CHANGED | SLOT_BUTTON)) != 0)
        slot->is_asked = is_present(view);
    if (now < slot->due) return;
    be_off(slot);
    if (slot->is_asked && is_present(view)) power_up(slot, now);
    slot->is_asked = false;
}

// A port that is gone itself reads as all ones, and says nothing.
static struct slot_view sight(const struct slot_view *view)
{
    struct slot_view seen = *view;
    if (seen.status == UINT16_MAX) {
        seen.status = 0;
        seen.link_is_up = false;
    }
    return seen;
}

void slot_init(struct slot *slot, const struct slot_port *port, const struct slot_view *view,
               uint64_t now)
{
    const struct slot_view seen = sight(view);
    bool has_power =
        (port->capabilities & SLOT_HAS_POWER) == 0 || (port->control & SLOT_IS_OFF) == 0;
    *slot = (struct slot){.capabilities = port->capabilities,
                          .tells_link = port->tells_link,
                          .written = UINT32_MAX,
                          .give_up = FE_FOREVER};
    if (!is_present(&seen))
        be_off(slot);
    else if (has_power && has_link(slot, &seen))
        be_ready(slot);
    else
        power_up(slot, now);
}

enum slot_order slot_step(struct slot *slot, const struct slot_view *view, uint64_t now)
{
    const struct slot_view seen = sight(view);
    if ((seen.status & SLOT_COMPLETED) != 0 || now >= slot->give_up) slot->is_busy = false;
    if (!slot->is_busy) slot->give_up = FE_FOREVER;
    switch (slot->state) {
    case SLOT_OFF:
    case SLOT_FAILED: step_off(slot, &seen, now); break;
    case SLOT_ASKED: step_asked(slot, &seen, now); break;
    case SLOT_TRAINS:
    case SLOT_SETTLES: return step_trains(slot, &seen, now);
    case SLOT_READY:
    case SLOT_LEAVES: return step_ready(slot, &seen, now);
    case SLOT_STOPS: step_stops(slot, &seen, now); break;
    case SLOT_COOLS: step_cools(slot, &seen, now); break;
    }
    return SLOT_NOTHING;
}

bool slot_command(struct slot *slot, uint64_t now, uint16_t *value)
{
    uint16_t control = slot->control | SLOT_INTERRUPTS | SLOT_ON_PRESENCE | SLOT_ON_FAULT;
    if ((slot->capabilities & SLOT_HAS_BUTTON) != 0) control |= SLOT_ON_BUTTON;
    if ((slot->capabilities & SLOT_TELLS_NOT) == 0) control |= SLOT_ON_COMMAND;
    if (slot->tells_link) control |= SLOT_ON_LINK;
    if ((slot->capabilities & SLOT_HAS_POWER) == 0) control &= (uint16_t)~SLOT_IS_OFF;
    if (slot->is_busy || slot->written == control) return false;
    slot->written = *value = control;
    slot->is_busy = (slot->capabilities & SLOT_TELLS_NOT) == 0;
    if (slot->is_busy) slot->give_up = now + COMMAND_LIMIT;
    return true;
}

uint64_t slot_due(const struct slot *slot)
{
    return slot->due < slot->give_up ? slot->due : slot->give_up;
}

const char *slot_state_name(const struct slot *slot)
{
    static const char *const names[] = {
        [SLOT_OFF] = "off",          [SLOT_ASKED] = "starting", [SLOT_TRAINS] = "starting",
        [SLOT_SETTLES] = "starting", [SLOT_READY] = "ready",    [SLOT_LEAVES] = "leaving",
        [SLOT_STOPS] = "stopping",   [SLOT_COOLS] = "off",      [SLOT_FAILED] = "failed",
    };
    return names[slot->state];
}
