// SPDX-License-Identifier: MIT
// main() of a guest test, and the helpers of guest.h. Text goes to the kernel's debug console, a
// line a call, so that lines of several threads stay whole.
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
