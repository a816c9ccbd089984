// SPDX-License-Identifier: MIT
// main() of a guest test, and the helpers of guest.h. Text goes to the kernel's debug console, a
// line a call, so that lines of several threads stay whole.
#include <ferrite/libc.h>
#include <ferrite/log.h>
#include <ferrite/thread.h>
#include <guest/guest.h>

static const char *program;
static struct unit_test *running;
static bool failed;

fe_handle guest_resource(const char *name)
{
    char full[40];
    fe_format(full, sizeof full, "resource/%s", name);
    return fe_start_handle(full);
}

void guest_print(const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    size_t size = fe_format_list(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)!fe_debug_write(guest_resource("debug"), text, size);
}

fe_handle guest_weaken(fe_handle handle, uint32_t rights)
{
    fe_handle copy;
    return fe_handle_duplicate(handle, rights, &copy) == OK ? copy : FE_NO_HANDLE;
}

enum status guest_thread(void (*run)(void *argument), void *argument, uint32_t priority)
{
    fe_handle thread;
    TRY(fe_thread_spawn(run, argument, 64 << 10, priority, &thread));
    return fe_handle_close(thread);
}

void guest_cpus(uint32_t first, uint32_t count)
{
    EXPECT(fe_thread_affinity(fe_start_handle("thread"), first, count) == OK);
}

uint32_t guest_cpu_count(void)
{
    struct fe_system_info info;
    return fe_system_inspect(guest_resource("system"), &info) == OK ? info.cpu_count : 0;
}

enum status guest_spawn(const char *role, const struct fe_spawn_handle *handles, size_t count,
                        struct fe_child *child)
{
    struct fe_spawn_handle given[12] = {{"resource/debug", guest_resource("debug"), 0, true},
                                        {"image", fe_start_handle("image"), 0, true}};
    if (count > 10) return ERR_BAD_ARGUMENT;
    memcpy(given + 2, handles, count * sizeof *handles);
    const char *arguments[] = {program, role, nullptr};
    struct fe_spawn options = {.image = fe_start_handle("image"),
                               .arguments = arguments,
                               .handles = given,
                               .handle_count = count + 2};
    return fe_spawn(&options, child);
}

enum status guest_wait(struct fe_child *child, struct fe_process_info *info)
{
    fe_handle event;
    uint64_t bits;
    TRY(fe_event_create(&event));
    enum status status = fe_process_watch(child->process, event, 1);
    if (status == OK) status = fe_event_wait(event, 1, guest_limit(), &bits);
    if (status == OK) status = fe_process_inspect(child->process, info);
    (void)!fe_handle_close(event);
    (void)!fe_handle_close(child->thread);
    (void)!fe_handle_close(child->process);
    return status;
}

bool guest_reaches(const _Atomic uint32_t *count, uint32_t wanted)
{
    uint64_t limit = guest_limit();
    while (*count < wanted && fe_clock_monotonic() < limit)
        fe_clock_sleep_until(fe_clock_after(10 * MILLISECOND));
    return *count >= wanted;
}

bool guest_is_as_before(const struct fe_system_info *before, uint64_t slack)
{
    struct fe_system_info now;
    uint64_t limit = guest_limit();
    do {
        if (fe_system_inspect(guest_resource("system"), &now) != OK) return false;
        bool is_clean = now.memory_free + slack >= before->memory_free;
        if (is_clean && now.process_count == before->process_count) return true;
        fe_clock_sleep_until(fe_clock_after(5 * MILLISECOND));
    } while (fe_clock_monotonic() < limit);
    guest_print("%u processes and %lu bytes free, there were %u and %lu\n", now.process_count,
                (unsigned long)now.memory_free, before->process_count,
                (unsigned long)before->memory_free);
    return false;
}

[[gnu::weak]] int guest_child(const char *)
{
    return 126;
}

bool unit_failed(void)
{
    return failed;
}

void unit_fail(const char *file, int line, const char *what)
{
    if (failed) return;
    failed = true;
    guest_print("FAIL %s: %s (%s:%d: %s)\n", program, running->sentence, file, line, what);
}

int main(int count, char **arguments)
{
    program = count > 0 ? arguments[0] : "?";
    if (count > 1) return guest_child(arguments[1]);
    bool any = false;
    for (running = unit_tests_start; running < unit_tests_stop; running++) {
        failed = false;
        running->run();
        any |= failed;
        if (!failed) guest_print("PASS %s: %s\n", program, running->sentence);
    }
    guest_print("END %s\n", program);
    return any ? 1 : 0;
}
