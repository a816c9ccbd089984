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
        uint64_t bits;
        if (fe_event_wait(fe_start_handle("go"), 1, FE_FOREVER, &bits) != OK) return 1;
        (void)!fe_thread_pointer_set(POINTER);
        leave_something();
        if (fe_event_signal(fe_start_handle("done"), 1) != OK) return 1;
    }
}

// The process that leaves something, each time it is told to go on, and tells when it has.
static fe_handle go, done;
static struct fe_child leaver;

static enum status leaver_begin(void)
{
    TRY(fe_event_create(&go));
    TRY(fe_event_create(&done));
    struct fe_spawn_handle handles[] = {{.name = "go", .handle = go, .keep = true},
                                        {.name = "done", .handle = done, .keep = true}};
    return guest_spawn("leave", handles, 2, &leaver);
}

static bool leaver_runs(void)
{
    uint64_t bits;
    return fe_event_signal(go, 1) == OK && fe_event_wait(done, 1, guest_limit(), &bits) == OK;
}

static void leaver_end(void)
{
    struct fe_process_info info;
    EXPECT(fe_process_kill(leaver.process, 0) == OK && guest_wait(&leaver, &info) == OK);
    EXPECT(fe_handle_close(go) == OK && fe_handle_close(done) == OK);
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
    struct fe_child looker;
    if (!is_writable()) return;
    EXPECT(leaver_begin() == OK);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        EXPECT(leaver_runs());
        __asm__ volatile("wrgsbase %0" : : "r"(LEFT));
        EXPECT(guest_spawn("look", nullptr, 0, &looker) == OK);
        EXPECT(guest_wait(&looker, &info) == OK && info.exit_code == 0);
    }
    leaver_end();
}

TEST("the thread pointer that was set comes back when another process ran")
{
    if (!is_writable()) return;
    uintptr_t own = base_of_fs();
    EXPECT(fe_thread_affinity(fe_start_handle("thread"), 0, 1) == OK);
    EXPECT(leaver_begin() == OK);
    // Of the same value as the other's. Nothing may look for the thread's block meanwhile.
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        enum status status = fe_thread_pointer_set(POINTER);
        leave_something();
        wrong += !leaver_runs(); // here, too, since there is one CPU for both
        wrong += status != OK || base_of_fs() != POINTER;
        wrong += fe_thread_pointer_set(own) != OK || base_of_fs() != own;
    }
    EXPECT(wrong == 0);
    leaver_end();
    EXPECT(fe_thread_affinity(fe_start_handle("thread"), 0, UINT32_MAX) == OK);
}
