// SPDX-License-Identifier: MIT
// A stack of free numbers.
#include "number.h"

#include <stdlib.h>

bool number_take(struct numbers *numbers, uint32_t *number)
{
    if (numbers->free_count > 0) {
        *number = numbers->free[--numbers->free_count];
        return true;
    }
    if (numbers->next == numbers->room) {
        uint32_t room = numbers->room == 0 ? 16 : 2 * numbers->room;
        uint32_t *grown = realloc(numbers->free, room * sizeof(*grown));
        if (grown == nullptr) return false;
        numbers->free = grown;
        numbers->room = room;
    }
    *number = numbers->next++;
    return true;
}

void number_give(struct numbers *numbers, uint32_t number)
{
    numbers->free[numbers->free_count++] = number;
}
