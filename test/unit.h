// SPDX-License-Identifier: MIT
// The test framework, the same on the host and on Ferrite. A test is a sentence and a block:
//
//     TEST("an empty queue gives nothing") { EXPECT(queue_take(&queue) == nullptr); }
//
// The first expectation that fails ends its test. test/unit.c has main: it runs every test of the
// program in order, prints PASS or FAIL for each, then END, and exits with 1 when one failed.
#pragma once

#include <stdlib.h>

struct unit_test {
    const char *sentence;
    void (*run)(void);
    struct unit_test *next;
};

void unit_register(struct unit_test *test);

// Marks the running test as failed, once, and tells where and what.
void unit_fail(const char *file, int line, const char *what);

#define TEST(sentence) TEST_NAMED(sentence, __LINE__)
#define TEST_NAMED(sentence, line) TEST_EXPANDED(sentence, line)
#define TEST_EXPANDED(sentence, line)                                                              \
    static void test_##line(void);                                                                 \
    [[gnu::constructor]] static void test_register_##line(void)                                    \
    {                                                                                              \
        static struct unit_test test = {sentence, test_##line, nullptr};                           \
        unit_register(&test);                                                                      \
    }                                                                                              \
    static void test_##line(void)

#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            unit_fail(__FILE__, __LINE__, #condition);                                             \
            return;                                                                                \
        }                                                                                          \
    } while (0)

// For a helper that is called from a test and has expectations of its own: stops the test if it
// failed.
bool unit_failed(void);
#define EXPECT_ALL(call)                                                                           \
    do {                                                                                           \
        call;                                                                                      \
        if (unit_failed()) return;                                                                 \
    } while (0)
