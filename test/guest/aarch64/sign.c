// SPDX-License-Identifier: MIT
// Signing of addresses: on where the processor has it, by keys that a process has for itself and
// keeps wherever it runs. The instructions are hints, which older processors pass over.
#include <ferrite/libc.h>
#include <guest/guest.h>

enum : uint64_t { ADDRESS = 0x1234'5678, MODIFIER = 77 };
enum : uint32_t { CHILDREN = 4, ROUNDS = 50 };

static uint64_t sign_by_first(uint64_t address)
{
    register uint64_t x17 __asm__("x17") = address;
    register uint64_t x16 __asm__("x16") = MODIFIER;
    __asm__ volatile("hint #8" : "+r"(x17) : "r"(x16)); // pacia1716
    return x17;
}

static uint64_t sign_by_second(uint64_t address)
{
    register uint64_t x17 __asm__("x17") = address;
    register uint64_t x16 __asm__("x16") = MODIFIER;
    __asm__ volatile("hint #10" : "+r"(x17) : "r"(x16)); // pacib1716
    return x17;
}

static uint64_t authenticate(uint64_t address)
{
    register uint64_t x17 __asm__("x17") = address;
    register uint64_t x16 __asm__("x16") = MODIFIER;
    __asm__ volatile("hint #12" : "+r"(x17) : "r"(x16)); // autia1716
    return x17;
}

int guest_child(const char *role)
{
    return (int)(sign_by_first(ADDRESS) >> 48);
}

static bool is_signing(void)
{
    struct fe_cpu_feature feature;
    for (uint32_t i = 0; fe_cpu_feature(guest_resource("system"), 0, i, &feature) == OK; i++) {
        if (strcmp(feature.name, "pauth") == 0) return feature.state == FEATURE_USED;
    }
    return false;
}

TEST("addresses are signed where the processor can do it, and else stay as they are")
{
    uint64_t first = sign_by_first(ADDRESS), second = sign_by_second(ADDRESS);
    EXPECT((first & UINT32_MAX) == ADDRESS && (second & UINT32_MAX) == ADDRESS);
    EXPECT(authenticate(first) == ADDRESS);
    EXPECT((first != ADDRESS || second != ADDRESS) == is_signing());
}

TEST("a process keeps its keys across switches and CPUs, and shares them with nobody")
{
    uint64_t own = sign_by_first(ADDRESS), others = 0;
    struct fe_process_info info;
    struct fe_child child;
    for (uint32_t i = 0; i < CHILDREN; i++) {
        EXPECT(guest_spawn("sign", nullptr, 0, &child) == OK);
        EXPECT(guest_wait(&child, &info) == OK);
        others += info.exit_code != (int32_t)(own >> 48);
        EXPECT(sign_by_first(ADDRESS) == own);
    }
    // One of 2^15 others has the same signature by chance, not all of them.
    EXPECT((others != 0) == is_signing());
    for (uint32_t i = 0; i < ROUNDS; i++) {
        EXPECT(fe_thread_affinity(fe_start_handle("thread"), i % guest_cpu_count(), 1) == OK);
        fe_clock_sleep_until(fe_clock_after(MILLISECOND / 4));
        EXPECT(sign_by_first(ADDRESS) == own && authenticate(own) == ADDRESS);
    }
    EXPECT(fe_thread_affinity(fe_start_handle("thread"), 0, UINT32_MAX) == OK);
}
