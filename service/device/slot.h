// SPDX-License-Identifier: MIT
// A slot of PCI Express whose card comes and goes while the machine runs (PCI Express base, section
// 6.7). What the slot's registers say goes in, what is to be done comes out; nothing here touches a
// device. The caller reads the registers, clears the events that it read, and tells slot_step of
// them, and also when `due` has come or all drivers of the card have ended.
#pragma once

#include <stdint.h>

enum : uint32_t { // Slot Capabilities (7.5.3.9)
    SLOT_HAS_BUTTON = 1u << 0,
    SLOT_HAS_POWER = 1u << 1, // a power controller
    SLOT_IS_HOT = 1u << 6,
    SLOT_TELLS_NOT = 1u << 18, // when a command is completed
};

enum : uint16_t { // Slot Control (7.5.3.10)
    SLOT_ON_BUTTON = 1u << 0,
    SLOT_ON_FAULT = 1u << 1,
    SLOT_ON_PRESENCE = 1u << 3,
    SLOT_ON_COMMAND = 1u << 4,
    SLOT_INTERRUPTS = 1u << 5,
    SLOT_ATTENTION_MASK = 3u << 6,
    SLOT_ATTENTION_ON = 1u << 6,
    SLOT_ATTENTION_OFF = 3u << 6,
    SLOT_POWER_MASK = 3u << 8, // its indicator
    SLOT_POWER_ON = 1u << 8,
    SLOT_POWER_BLINKS = 2u << 8,
    SLOT_POWER_OFF = 3u << 8,
    SLOT_IS_OFF = 1u << 10, // its power
    SLOT_ON_LINK = 1u << 12,
    SLOT_MANAGED = SLOT_ON_BUTTON | SLOT_ON_FAULT | SLOT_ON_PRESENCE | SLOT_ON_COMMAND |
                   SLOT_INTERRUPTS | SLOT_ATTENTION_MASK | SLOT_POWER_MASK | SLOT_IS_OFF |
                   SLOT_ON_LINK,
};

enum : uint16_t { // Slot Status (7.5.3.11)
    SLOT_BUTTON = 1u << 0,
    SLOT_FAULT = 1u << 1,
    SLOT_PRESENCE_CHANGED = 1u << 3,
    SLOT_COMPLETED = 1u << 4,
    SLOT_IS_PRESENT = 1u << 6,
    SLOT_LINK_CHANGED = 1u << 8,
    SLOT_EVENTS =
        SLOT_BUTTON | SLOT_FAULT | SLOT_PRESENCE_CHANGED | SLOT_COMPLETED | SLOT_LINK_CHANGED,
};

enum slot_state : uint8_t {
    SLOT_OFF,     // no power
    SLOT_ASKED,   // the button was pressed: power comes unless it is pressed again
    SLOT_TRAINS,  // power is there, the link is awaited
    SLOT_SETTLES, // so is the link; the card gets the time that it may take
    SLOT_READY,   // its functions are in use
    SLOT_LEAVES,  // the button was pressed: they are given up unless it is pressed again
    SLOT_STOPS,   // they are being given up
    SLOT_COOLS,   // power is off, and stays so for a while
    SLOT_FAILED,  // the card gets no power before somebody does something about it
};

struct slot {
    uint32_t capabilities;
    uint16_t control; // as it is to be: power and indicators
    uint32_t written; // as it was written last; UINT32_MAX: it was not
    enum slot_state state;
    bool is_busy;  // a command is not completed
    bool is_asked; // something was plugged while the last card was given up
    bool tells_link;
    uint64_t due;      // ns, when the state ends by itself; FE_FOREVER: it does not
    uint64_t give_up;  // the same of the command
    const char *error; // why the last card was not used; nullptr: it was
};

struct slot_port { // what it can, and what was written to it last
    uint32_t capabilities;
    uint16_t control;
    bool tells_link; // Data Link Layer Link Active is reported
};

struct slot_view {   // the registers, and what the slot's user knows
    uint16_t status; // events that were cleared since are the ones to deal with
    bool link_is_up;
    bool is_empty; // no driver of a function of the card runs
};

enum slot_order : uint8_t {
    SLOT_NOTHING,
    SLOT_ADD,    // the functions of the card are to be found and used
    SLOT_REMOVE, // their drivers are to be ended, and then slot_step to be told
    SLOT_LOSE,   // the same; the card does not answer any more
};

// At the beginning, with events cleared. One that is ready then has functions to be found now; of
// others slot_step says when.
void slot_init(struct slot *slot, const struct slot_port *port, const struct slot_view *view,
               uint64_t now);

enum slot_order slot_step(struct slot *slot, const struct slot_view *view, uint64_t now);

// Whether the control register is to be written now, with *value in the bits of SLOT_MANAGED: then
// it is busy.
bool slot_command(struct slot *slot, uint64_t now, uint16_t *value);

// When slot_step is to be called though nothing happens; FE_FOREVER: not.
uint64_t slot_due(const struct slot *slot);

const char *slot_state_name(const struct slot *slot);
