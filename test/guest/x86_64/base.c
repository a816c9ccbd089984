// SPDX-License-Identifier: MIT
// The bases of FS and GS: where the processor lets user mode write them (FSGSBASE), what one
// process left there is nothing that another one sees, and the thread pointer comes back.
#include <ferrite/libc.h>
#include <guest/guest.h>

enum : uintptr_t { LEFT = 0x1234'5000, POINTER = 0x5432'1000 };
enum : uint32_t { ROUNDS = 50 };

static uintptr_t base_of_fs(void)
{
    uintptr_t base;
    __asm__ volatile("rdfsbase %0" : "=r"(base));
    return base;
}

static uintptr_t base_of_gs(void)
{
    uintptr_t base;
    __asm__ volatile("rdgsbase %0" : "=r"(base));
    return base;
}

static void leave_something(void)
{
    __asm__ volatile("wrfsbase %0\n\twrgsbase %0" : : "r"(LEFT));
}

int guest_child(const char *role)
{
    if (strcmp(role, "look") == 0) return (base_of_fs() == LEFT) + 2 * (base_of_gs() != 0);
    for (;;) { // and is seen by nobody
        (void)!fe_thread_pointer_set(POINTER);
        leave_something();
        fe_clock_sleep_until(fe_clock_after(MILLISECOND / 8));
    }
}

static bool is_writable(void)
{
    struct fe_cpu_feature feature;
    for (uint32_t i = 0; fe_cpu_feature(guest_resource("system"), 0, i, &feature) == OK; i++) {
        if (strcmp(feature.name, "fsgsbase") == 0) return feature.state == FEATURE_USED;
    }
    return false;
}

TEST("what one process left in the bases of FS and GS another one does not see")
{
    struct fe_process_info info;
    struct fe_child leaver, looker;
    if (!is_writable()) return;
    EXPECT(guest_spawn("leave", nullptr, 0, &leaver) == OK);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        __asm__ volatile("wrgsbase %0" : : "r"(LEFT));
        EXPECT(guest_spawn("look", nullptr, 0, &looker) == OK);
        EXPECT(guest_wait(&looker, &info) == OK && info.exit_code == 0);
    }
    EXPECT(fe_process_kill(leaver.process, 0) == OK && guest_wait(&leaver, &info) == OK);
}

TEST("the thread pointer that was set comes back when another process ran")
{
    struct fe_process_info info;
    struct fe_child leaver;
    if (!is_writable()) return;
    uintptr_t own = base_of_fs();
    EXPECT(fe_thread_affinity(fe_start_handle("thread"), 0, 1) == OK);
    EXPECT(guest_spawn("leave", nullptr, 0, &leaver) == OK);
    // Of the same value as the other's. Nothing may look for the thread's block meanwhile.
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        enum status status = fe_thread_pointer_set(POINTER);
        leave_something();
        fe_clock_sleep_until(fe_clock_after(MILLISECOND / 2)); // the other runs
        wrong += status != OK || base_of_fs() != POINTER;
        wrong += fe_thread_pointer_set(own) != OK || base_of_fs() != own;
    }
    EXPECT(wrong == 0);
    EXPECT(fe_process_kill(leaver.process, 0) == OK && guest_wait(&leaver, &info) == OK);
    EXPECT(fe_thread_affinity(fe_start_handle("thread"), 0, UINT32_MAX) == OK);
}
