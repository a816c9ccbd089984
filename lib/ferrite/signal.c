// SPDX-License-Identifier: MIT
// The slots of a signal page: see the header. A slot's order is given while its filler has it, so
// two of the same signal are taken in the order in which they came.
#include <ferrite/signal.h>

static bool change(struct fe_signal_slot *slot, uint32_t from, uint32_t to)
{
    return __atomic_compare_exchange_n(&slot->state, &from, to, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_RELAXED);
}

static bool is_of(const struct fe_signal_slot *slot, uint32_t number)
{
    return __atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) == SIGNAL_SLOT_FULL &&
           slot->number == number;
}

// One more than that of the last one of this signal.
static uint32_t order_after(const struct fe_signal_slot *slots, uint32_t number)
{
    uint32_t order = 0;
    for (uint32_t i = 0; i < SIGNAL_SLOT_COUNT; i++) {
        if (is_of(&slots[i], number) && slots[i].order >= order) order = slots[i].order + 1;
    }
    return order;
}

bool fe_signal_put(struct fe_signal_page *page, const struct fe_signal_slot *known)
{
    struct fe_signal_slot *slots = fe_signal_slots(page);
    for (uint32_t i = 0; i < SIGNAL_SLOT_COUNT; i++) {
        if (!change(&slots[i], SIGNAL_SLOT_FREE, SIGNAL_SLOT_BUSY)) continue;
        slots[i].number = known->number;
        slots[i].code = known->code;
        slots[i].pid = known->pid;
        slots[i].uid = known->uid;
        slots[i].value = known->value;
        slots[i].order = order_after(slots, known->number);
        __atomic_store_n(&slots[i].state, SIGNAL_SLOT_FULL, __ATOMIC_SEQ_CST);
        return true;
    }
    return false;
}

bool fe_signal_has(struct fe_signal_page *page, uint32_t number, const uint64_t *value)
{
    const struct fe_signal_slot *slots = fe_signal_slots(page);
    for (uint32_t i = 0; i < SIGNAL_SLOT_COUNT; i++) {
        if (is_of(&slots[i], number) && (value == nullptr || slots[i].value == *value)) return true;
    }
    return false;
}

static struct fe_signal_slot *first_of(struct fe_signal_slot *slots, uint32_t number)
{
    struct fe_signal_slot *first = nullptr;
    for (uint32_t i = 0; i < SIGNAL_SLOT_COUNT; i++) {
        if (!is_of(&slots[i], number)) continue;
        if (first == nullptr || slots[i].order < first->order) first = &slots[i];
    }
    return first;
}

bool fe_signal_take(struct fe_signal_page *page, struct fe_signal_slot *known)
{
    struct fe_signal_slot *slot;
    do {
        slot = first_of(fe_signal_slots(page), known->number);
        if (slot == nullptr) return false;
    } while (!change(slot, SIGNAL_SLOT_FULL, SIGNAL_SLOT_BUSY));
    *known = *slot;
    __atomic_store_n(&slot->state, SIGNAL_SLOT_FREE, __ATOMIC_SEQ_CST);
    return true;
}
