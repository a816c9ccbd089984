// SPDX-License-Identifier: MIT
// What a program that is started finds in its start block: with a damaged description of the open
// files that it is given it does not run.
#include "test/unit.h"
#include <9p/client.h>
#include <abi/syscalls.h>
#include <ferrite/memory.h>
#include <ferrite/spawn.h>
#include <string.h>

enum : int { FAILED = -1, NOT_STARTED = 127 };
enum : uint32_t { MARK = 0x31444666 };

// The beginning of lib/posix/inherit.h's form: mark, size, files, descriptors, umask, size of the
// program's name, two sets of signals; the name.
struct form {
    uint32_t mark, size, files, descriptors, umask, program_size;
    uint64_t ignored, blocked;
    char program[8];
};
static const struct form good = {MARK, sizeof good, 0, 0, 022, 5, 0, 0, "true"};

// How /bin/true ends with so many bytes of a form.
static int end_of(const struct form *form, size_t size)
{
    static const char *const arguments[] = {"/bin/true", nullptr};
    struct fe_spawn options = {.arguments = arguments, .data = form, .data_size = size};
    struct fe_child child;
    struct fe_process_info info = {.exit_code = FAILED};
    fe_handle event;
    uint64_t bits;
    if (p9_image(arguments[0], &options.image) != 0) return FAILED;
    if (fe_event_create(&event) != OK || fe_spawn(&options, &child) != OK) return FAILED;
    enum status status = fe_process_watch(child.process, event, 1);
    if (status == OK) status = fe_event_wait(event, 1, FE_FOREVER, &bits);
    if (status == OK) status = fe_process_inspect(child.process, &info);
    const fe_handle all[] = {child.process, child.thread, event, options.image};
    for (int i = 0; i < 4; i++)
        if (fe_handle_close(all[i]) != OK) return FAILED;
    return status == OK ? info.exit_code : FAILED;
}

TEST("a program starts with what its parent says, and with what others leave there")
{
    struct form other = good;
    other.mark++;
    other.size = UINT32_MAX;
    EXPECT(end_of(&good, sizeof good) == 0);
    EXPECT(end_of(&other, sizeof other) == 0);
    EXPECT(end_of(nullptr, 0) == 0);
}

TEST("a program does not start when the description of its open files is damaged")
{
    struct form bad = good;
    EXPECT(end_of(&good, sizeof good - 8) == NOT_STARTED);
    EXPECT(end_of(&good, 4) == NOT_STARTED);
    bad.size++;
    EXPECT(end_of(&bad, sizeof bad) == NOT_STARTED);
    bad = good;
    bad.files = 1;
    EXPECT(end_of(&bad, sizeof bad) == NOT_STARTED);
    bad = good;
    bad.program_size = 4; // without its NUL
    EXPECT(end_of(&bad, sizeof bad) == NOT_STARTED);
}
