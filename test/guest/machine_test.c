// SPDX-License-Identifier: MIT
// The machine: clocks, randomness, the debug console and log, figures. fe_system_power ends the
// test run itself: see test/guest/init.
#include <ferrite/libc.h>
#include <guest/guest.h>

TEST("the clock advances and agrees with the clock page")
{
    uint64_t one, two, page_time;
    uintptr_t page;
    EXPECT(fe_clock_read(&one) == OK);
    page_time = fe_clock_monotonic();
    EXPECT(fe_clock_read(&two) == OK);
    EXPECT(one <= page_time + 1000 && page_time <= two + 1000);
    EXPECT(fe_clock_page(&page) == OK && page % FE_PAGE_SIZE == 0);
}

TEST("the time of day is set by who may")
{
    uint64_t when = 1'700'000'000 * SECOND;
    EXPECT(fe_clock_adjust(guest_resource("memory"), when) != OK);
    EXPECT(fe_clock_adjust(NO_SUCH_HANDLE, when) == ERR_BAD_HANDLE);
    EXPECT(fe_clock_adjust(guest_resource("system"), when) == OK);
    uint64_t before = fe_clock_monotonic(), now = fe_clock_realtime();
    EXPECT(now >= when + before && now <= when + fe_clock_monotonic());
}

TEST("random bytes differ, and more entropy can be given by who may")
{
    uint8_t one[32] = {}, two[32] = {};
    enum status status = fe_entropy_read(one, sizeof one); // AGAIN: the machine has no source
    EXPECT((status == OK || status == ERR_AGAIN) && fe_entropy_read(two, sizeof two) == status);
    EXPECT(memcmp(one, two, sizeof one) != 0);
    EXPECT(fe_entropy_read((void *)kernel_address, 8) == ERR_BAD_ADDRESS);
    EXPECT(fe_entropy_add(guest_resource("entropy"), one, sizeof one / 2) == OK);
    EXPECT(fe_entropy_read(two, sizeof two) == status);
    EXPECT(fe_entropy_add(guest_resource("entropy"), one, sizeof one / 2) == OK);
    EXPECT(fe_entropy_read(two, sizeof two) == OK);
    EXPECT(fe_entropy_add(guest_resource("memory"), one, sizeof one) != OK);
}

static uint64_t own_id(void)
{
    struct fe_handle_info info;
    return fe_handle_inspect(fe_process_self(), &info) == OK ? info.id : 0;
}

TEST("who watches the log is told when it has grown, the last one who asked")
{
    fe_handle debug = guest_resource("debug"), first, second;
    uint64_t bits;
    EXPECT(fe_event_create(&first) == OK && fe_event_create(&second) == OK);
    EXPECT(fe_log_watch(debug, first, 1) == OK);
    EXPECT(fe_debug_write(debug, "seen\n", 5) == OK);
    EXPECT(fe_event_wait(first, 1, FE_FOREVER, &bits) == OK && bits == 1);
    EXPECT(fe_log_watch(debug, second, 2) == OK);
    EXPECT(fe_debug_write(debug, "seen too\n", 9) == OK);
    EXPECT(fe_event_wait(second, 2, FE_FOREVER, &bits) == OK && bits == 2);
    EXPECT(fe_event_wait(first, 1, 0, &bits) == ERR_TIMED_OUT);
    EXPECT(fe_log_watch(debug, second, 0) == OK);
    EXPECT(fe_debug_write(debug, "unseen\n", 7) == OK);
    EXPECT(fe_event_wait(second, 2, 0, &bits) == ERR_TIMED_OUT);
    EXPECT(fe_log_watch(guest_resource("memory"), first, 1) != OK);
    EXPECT(fe_log_watch(debug, debug, 1) == ERR_WRONG_TYPE);
}

TEST("the log holds what the debug console was told, for who may read it")
{
    static const char mark[] = "a mark in the log\n";
    static char text[4096];
    uint64_t before, now;
    struct fe_log_piece piece = {};
    fe_handle debug = guest_resource("debug"), memory = guest_resource("memory");
    bool found = false;
    EXPECT(fe_clock_read(&before) == OK);
    EXPECT(fe_debug_write(debug, mark, sizeof mark - 1) == OK);
    EXPECT(fe_clock_read(&now) == OK);
    do {
        EXPECT(fe_log_read(debug, piece.next, text, sizeof text, &piece) == OK);
        if (piece.size != sizeof mark - 1 || memcmp(text, mark, piece.size) != 0) continue;
        found = true;
        EXPECT(piece.time >= before && piece.time <= now && piece.process == own_id());
    } while (piece.size > 0);
    EXPECT(found);
    EXPECT(fe_log_read(memory, 0, text, 16, &piece) != OK);
    EXPECT(fe_debug_write(guest_resource("memory"), mark, 4) != OK);
    EXPECT(fe_debug_write(debug, (const void *)kernel_address, 4) == ERR_BAD_ADDRESS);
    EXPECT(fe_debug_write(debug, (const void *)unmapped_address, 4) == ERR_BAD_ADDRESS);
}

int guest_child(const char *)
{
    return fe_debug_claim(guest_resource("debug"), 1);
}

TEST("the debug console is claimed by one at a time, and let go of by its end")
{
    fe_handle debug = guest_resource("debug"), weak = guest_weaken(debug, RIGHT_INSPECT);
    struct fe_child child;
    struct fe_process_info info;
    EXPECT(fe_debug_claim(guest_resource("memory"), 1) == ERR_WRONG_TYPE);
    EXPECT(fe_debug_claim(weak, 1) == ERR_NO_RIGHT && fe_handle_close(weak) == OK);
    EXPECT(fe_debug_claim(NO_SUCH_HANDLE, 1) == ERR_BAD_HANDLE);
    EXPECT(fe_debug_claim(debug, 2) == ERR_BAD_ARGUMENT);
    // Whatever becomes of the child's claim, the lines of the tests after this one are seen.
    EXPECT(guest_spawn("claim", nullptr, 0, &child) == OK);
    EXPECT(guest_wait(&child, &info) == OK && info.exit_code == OK);
    EXPECT(fe_debug_claim(debug, 1) == OK && fe_debug_claim(debug, 1) == OK);
    enum status status = guest_spawn("claim", nullptr, 0, &child);
    if (status == OK) status = guest_wait(&child, &info);
    EXPECT(fe_debug_claim(debug, 0) == OK && fe_debug_claim(debug, 0) == OK);
    EXPECT(status == OK && info.exit_code == ERR_BUSY);
}

TEST("the system's figures make sense")
{
    struct fe_system_info info;
    EXPECT(fe_system_inspect(guest_resource("system"), &info) == OK);
    EXPECT(info.memory_free > 0 && info.memory_free < info.memory_total);
    EXPECT(info.cpu_count >= 1 && info.process_count >= 2 && info.thread_count >= 2);
    EXPECT(info.uptime > 0 && info.page_size == FE_PAGE_SIZE && info.arch[0] != 0);
    EXPECT(strcmp(info.version, "development") == 0);
    EXPECT(fe_system_inspect(guest_resource("debug"), &info) != OK);
}

TEST("each CPU has figures of its own")
{
    struct fe_cpu_info info;
    struct fe_system_info system;
    uint64_t calls = 0;
    fe_handle resource = guest_resource("system");
    for (uint32_t i = 0; i < guest_cpu_count(); i++) {
        EXPECT(fe_cpu_inspect(resource, i, &info) == OK);
        calls += info.calls;
        EXPECT(info.priority < PRIORITY_COUNT);
    }
    EXPECT(fe_system_inspect(resource, &system) == OK && calls > 0 && calls <= system.calls);
    EXPECT(fe_cpu_inspect(resource, guest_cpu_count(), &info) == ERR_NOT_FOUND);
    EXPECT(fe_cpu_inspect(guest_resource("debug"), 0, &info) == ERR_WRONG_TYPE);
    EXPECT(fe_cpu_inspect(resource, 0, (struct fe_cpu_info *)kernel_address) == ERR_BAD_ADDRESS);
}

TEST("each CPU tells its model and its features")
{
    struct fe_cpu_info info;
    struct fe_cpu_feature feature;
    fe_handle resource = guest_resource("system");
    for (uint32_t i = 0; i < guest_cpu_count(); i++) {
        uint32_t count = 0, used = 0;
        EXPECT(fe_cpu_inspect(resource, i, &info) == OK && info.model[0] != 0);
        while (fe_cpu_feature(resource, i, count, &feature) == OK) {
            EXPECT(feature.name[0] != 0 && feature.state <= FEATURE_USED);
            used += feature.state == FEATURE_USED;
            if (feature.state != FEATURE_ABSENT)
                guest_print("cpu %u %s %s\n", i, feature.name,
                            feature.state == FEATURE_USED ? "used" : "unused");
            count++;
        }
        EXPECT(count > 0 && used <= count);
        EXPECT(fe_cpu_feature(resource, i, count, &feature) == ERR_NOT_FOUND);
        EXPECT(fe_cpu_feature(resource, i, UINT32_MAX, &feature) == ERR_NOT_FOUND);
        if (i == 0) guest_print("cpu model %s\n", info.model);
    }
    EXPECT(fe_cpu_feature(resource, guest_cpu_count(), 0, &feature) == ERR_NOT_FOUND);
    EXPECT(fe_cpu_feature(guest_resource("debug"), 0, 0, &feature) == ERR_WRONG_TYPE);
    EXPECT(fe_cpu_feature(resource, 0, 0, (struct fe_cpu_feature *)kernel_address) ==
           ERR_BAD_ADDRESS);
}

TEST("the power is not for everybody")
{
    EXPECT(fe_system_power(guest_resource("debug"), POWER_OFF) != OK);
    EXPECT(fe_system_power(NO_SUCH_HANDLE, POWER_OFF) == ERR_BAD_HANDLE);
    EXPECT(fe_system_power(guest_resource("power"), 77) == ERR_BAD_ARGUMENT);
}
