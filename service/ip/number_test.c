// SPDX-License-Identifier: MIT
// Numbers come and go.
#include "test/unit.h"

#include "number.h"
#include <stdlib.h>

enum : uint32_t { MANY = 1000 };

TEST("numbers count from 0, and no two that are in use are the same")
{
    struct numbers numbers = {};
    uint32_t number;
    bool used[MANY] = {};
    for (uint32_t i = 0; i < MANY; i++) {
        EXPECT(number_take(&numbers, &number) && number == i);
        used[i] = true;
    }
    for (uint32_t i = 0; i < MANY; i += 3) {
        number_give(&numbers, i);
        used[i] = false;
    }
    for (uint32_t i = 0; i < MANY; i += 3) {
        EXPECT(number_take(&numbers, &number) && number < MANY && !used[number]);
        used[number] = true;
    }
    EXPECT(number_take(&numbers, &number) && number == MANY);
    free(numbers.free);
}

TEST("what was given back is given before anything new")
{
    struct numbers numbers = {};
    uint32_t first, second;
    EXPECT(number_take(&numbers, &first) && number_take(&numbers, &second));
    for (uint32_t i = 0; i < MANY; i++) {
        number_give(&numbers, first);
        EXPECT(number_take(&numbers, &first) && first == 0);
    }
    EXPECT(numbers.next == 2 && second == 1);
    free(numbers.free);
}
