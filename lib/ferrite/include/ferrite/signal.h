// SPDX-License-Identifier: MIT
// What is known of pending signals, in the page that a process shares with the process service
// (struct fe_signal_page). Both fill and empty its slots at the same time, without locks; callable
// from anywhere.
#pragma once

#include <abi/9p.h>

// The slots of a page.
static inline struct fe_signal_slot *fe_signal_slots(struct fe_signal_page *page)
{
    return (struct fe_signal_slot *)(page + 1);
}

// Notes what is known of a signal; its `state` and `order` do not matter. False: no slot is free.
bool fe_signal_put(struct fe_signal_page *page, const struct fe_signal_slot *known);

// Whether something is noted of signal `number`; `value`: only with this one, nullptr: any.
bool fe_signal_has(struct fe_signal_page *page, uint32_t number, const uint64_t *value);

// Takes what was noted first of signal `known->number`. False: nothing.
bool fe_signal_take(struct fe_signal_page *page, struct fe_signal_slot *known);
