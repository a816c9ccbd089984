// SPDX-License-Identifier: MIT
// The messages of a queue.
#include "store.h"
#include "test/unit.h"
#include <stdlib.h>
#include <string.h>

static bool next_is(struct store *store, uint32_t priority, const char *text)
{
    struct message *message = store_take(store);
    bool result = message != nullptr && message->priority == priority &&
                  message->size == strlen(text) && memcmp(message->bytes, text, message->size) == 0;
    free(message);
    return result;
}

TEST("the highest priority comes first, and of one priority the oldest")
{
    struct store store = {};
    EXPECT(store_put(&store, 1, "a", 1) == 0);
    EXPECT(store_put(&store, 7, "bc", 2) == 0);
    EXPECT(store_put(&store, 1, "d", 1) == 0);
    EXPECT(store_put(&store, 7, "", 0) == 0);
    EXPECT(store_put(&store, 32767, "e", 1) == 0);
    EXPECT(store.count == 5 && store.bytes == 5);
    EXPECT(next_is(&store, 32767, "e") && next_is(&store, 7, "bc") && next_is(&store, 7, ""));
    EXPECT(next_is(&store, 1, "a") && next_is(&store, 1, "d"));
    EXPECT(store_take(&store) == nullptr && store.bytes == 0 && store.heap == nullptr);
}

TEST("whatever is put and taken, the order holds and nothing is left")
{
    struct store store = {};
    uint32_t put = 0, taken = 0;
    srand(1);
    for (int round = 0; round < 200; round++) {
        for (int i = rand() % 40; i > 0; i--) {
            EXPECT(store_put(&store, (uint32_t)rand() % 5, &put, sizeof put) == 0);
            put++;
        }
        uint32_t priority = UINT32_MAX, last = 0;
        for (int i = rand() % 40; i > 0 && store.count != 0; i--) {
            struct message *message = store_take(&store);
            uint32_t number;
            memcpy(&number, message->bytes, sizeof number);
            EXPECT(message->priority <= priority);
            EXPECT(message->priority != priority || number > last);
            priority = message->priority;
            last = number;
            taken++;
            free(message);
        }
    }
    EXPECT(store.count == put - taken);
    store_fini(&store);
    EXPECT(store.heap == nullptr && store.bytes == 0);
}
