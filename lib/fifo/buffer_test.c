// SPDX-License-Identifier: MIT
// The ring of a pipe.
#include <fifo/buffer.h>
#include "test/unit.h"
#include <stdlib.h>
#include <string.h>

TEST("bytes come out as they went in, whatever the sizes")
{
    struct buffer buffer = {};
    uint8_t in[7000], out[7000];
    uint32_t written = 0, read = 0;
    srand(1);
    for (int round = 0; round < 4000; round++) {
        size_t count = (size_t)rand() % sizeof in;
        for (size_t i = 0; i < count; i++) in[i] = (uint8_t)((written + i) * 31);
        size_t took = buffer_write(&buffer, in, count);
        EXPECT(took <= count);
        EXPECT(buffer.size <= BUFFER_MAX);
        written += (uint32_t)took;
        size_t got = buffer_read(&buffer, out, (size_t)rand() % sizeof out);
        for (size_t i = 0; i < got; i++) EXPECT(out[i] == (uint8_t)((read + i) * 31));
        read += (uint32_t)got;
    }
    EXPECT(written - read == buffer.size);
    buffer_fini(&buffer);
}

TEST("what is looked at stays there, wherever it begins, and what is dropped is gone")
{
    struct buffer buffer = {};
    uint8_t in[3000], out[3000];
    for (size_t i = 0; i < sizeof in; i++) in[i] = (uint8_t)(i * 7);
    for (int round = 0; round < 9; round++) { // around the end of the ring
        EXPECT(buffer_reserve(&buffer, sizeof in));
        EXPECT(buffer_write(&buffer, in, sizeof in) == sizeof in);
        EXPECT(buffer_peek(&buffer, 10, out, sizeof out) == sizeof in - 10);
        EXPECT(memcmp(out, in + 10, sizeof in - 10) == 0);
        EXPECT(buffer_peek(&buffer, sizeof in, out, 1) == 0 && buffer.size == sizeof in);
        buffer_drop(&buffer, 1000);
        EXPECT(buffer_peek(&buffer, 0, out, 5) == 5 && memcmp(out, in + 1000, 5) == 0);
        buffer_drop(&buffer, buffer.size - 1);
        EXPECT(buffer_read(&buffer, out, 2) == 1 && out[0] == in[sizeof in - 1]);
    }
    buffer_fini(&buffer);
}

TEST("a full one takes no more, and an empty one gives nothing")
{
    struct buffer buffer = {};
    uint8_t byte = 1;
    EXPECT(buffer_read(&buffer, &byte, 1) == 0);
    for (size_t i = 0; i < BUFFER_MAX; i++) EXPECT(buffer_write(&buffer, &byte, 1) == 1);
    EXPECT(buffer_write(&buffer, &byte, 1) == 0);
    EXPECT(buffer_free(&buffer) == 0);
    buffer_fini(&buffer);
}
