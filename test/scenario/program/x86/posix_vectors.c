// SPDX-License-Identifier: MIT
// Registers of AVX of a thread that computes, while a signal's handler uses them too.
#include "test/unit.h"
#include <cpuid.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

enum : uint32_t { OSXSAVE = 1u << 27, AVX = 1u << 28, WORDS = 8, TIMES = 20 };

static volatile sig_atomic_t handled;
static volatile bool running;
static bool has_avx;
static uint32_t kept[TIMES][WORDS];

static void handle(int)
{
    if (has_avx)
        __asm__ volatile("vzeroall" : : : "memory");
    else
        __asm__ volatile("xorps %%xmm1, %%xmm1" : : : "memory");
    handled++;
}

// Loads a register, computes until a handler has run, and looks at the register again.
static void keep(const uint32_t *value, uint32_t *result)
{
    sig_atomic_t before = handled;
    running = true;
    if (has_avx)
        __asm__ volatile("vmovups (%1), %%ymm1\n"
                         "1: cmpl %3, %2\n\tpause\n\tje 1b\n"
                         "vmovups %%ymm1, (%0)"
                         :
                         : "r"(result), "r"(value), "m"(handled), "r"(before)
                         : "memory", "xmm1");
    else
        __asm__ volatile("movups (%1), %%xmm1\n"
                         "1: cmpl %3, %2\n\tpause\n\tje 1b\n"
                         "movups %%xmm1, (%0)"
                         :
                         : "r"(result), "r"(value), "m"(handled), "r"(before)
                         : "memory", "xmm1");
}

static void *interrupt(void *argument)
{
    const struct timespec moment = {.tv_nsec = 2'000'000};
    const pthread_t *thread = argument;
    for (uint32_t i = 0; i < TIMES; i++) {
        while (!running) nanosleep(&moment, nullptr);
        running = false;
        nanosleep(&moment, nullptr);
        if (pthread_kill(*thread, SIGUSR1) != 0) return nullptr;
    }
    return argument;
}

TEST("a handler that uses vector registers leaves those alone of what it interrupts")
{
    static const uint32_t value[WORDS] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint32_t a, b, c = 0, d;
    pthread_t self = pthread_self(), other;
    void *result = nullptr;
    EXPECT(__get_cpuid(1, &a, &b, &c, &d) && signal(SIGUSR1, handle) != SIG_ERR);
    has_avx = (c & (OSXSAVE | AVX)) == (OSXSAVE | AVX);
    EXPECT(pthread_create(&other, nullptr, interrupt, &self) == 0);
    for (uint32_t i = 0; i < TIMES; i++) keep(value, kept[i]);
    EXPECT(pthread_join(other, &result) == 0 && result == &self && handled == (int)TIMES);
    size_t size = (has_avx ? WORDS : WORDS / 2) * sizeof *value;
    for (uint32_t i = 0; i < TIMES; i++) EXPECT(memcmp(kept[i], value, size) == 0);
}
