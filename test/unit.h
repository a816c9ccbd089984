// SPDX-License-Identifier: MIT
// The test framework, the same on the host and on Ferrite. A test is a sentence and a block:
//
//     TEST("an empty queue gives nothing") { EXPECT(queue_take(&queue) == nullptr); }
//
// The first expectation that fails ends its test. Every test of the program runs, in the order of
// the file; each prints
//     PASS program: sentence
//     FAIL program: sentence (file:line: what was expected)
// and at last END program. main() is in test/unit.c on the host, in test/guest/support on Ferrite.
#pragma once

struct unit_test {
    const char *sentence;
    void (*run)(void);
};

// Marks the running test as failed, once, and tells where and what.
void unit_fail(const char *file, int line, const char *what);
bool unit_failed(void);

// All tests of the program, gathered by the linker.
extern struct unit_test unit_tests_start[] __asm__("__start_unit_tests");
extern struct unit_test unit_tests_stop[] __asm__("__stop_unit_tests");

#define TEST(sentence) TEST_NAMED(sentence, __LINE__)
#define TEST_NAMED(sentence, line) TEST_EXPANDED(sentence, line)
#define TEST_EXPANDED(sentence, line)                                                              \
    static void test_##line(void);                                                                 \
    [[gnu::used, gnu::retain, gnu::section("unit_tests"), clang::no_sanitize("address")]]          \
    static struct unit_test test_entry_##line = {sentence, test_##line};                           \
    static void test_##line(void)

#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            unit_fail(__FILE__, __LINE__, #condition);                                             \
            return;                                                                                \
        }                                                                                          \
    } while (0)

// For a helper that has expectations of its own: ends the test if one of them failed.
#define EXPECT_ALL(call)                                                                           \
    do {                                                                                           \
        call;                                                                                      \
        if (unit_failed()) return;                                                                 \
    } while (0)
