// SPDX-License-Identifier: MIT
// The init of the test system: finds the programs below test/ in the initrd, runs one after the
// other with every resource that it was given itself, the device tree and its own image, kills one
// that takes too long, and ends the machine. The host reads the debug console (tool/test): lines
// PASS and FAIL of the programs, `FAIL program: ...` from here when one ends otherwise than by
// itself, and at last END.
#include <abi/syscalls.h>
#include <ferrite/clock.h>
#include <ferrite/libc.h>
#include <ferrite/log.h>
#include <ferrite/memory.h>
#include <ferrite/spawn.h>
#include <ferrite/start.h>
#include <ferrite/status.h>

enum : uint64_t { ENDED = 1, TIME_LIMIT = 150'000'000'000 };
enum : size_t { NEWC_HEADER = 110, MODE = 14, FILE_SIZE = 54, NAME_SIZE = 94 };

static const char *const inherited[] = {"resource/memory",
                                        "resource/interrupt",
                                        "resource/msi",
                                        "resource/port",
                                        "resource/dma",
                                        "resource/debug",
                                        "resource/power",
                                        "resource/entropy",
                                        "resource/system",
                                        "resource/time",
                                        "dtb"};
enum : size_t { INHERITED = sizeof inherited / sizeof *inherited };

[[gnu::format(printf, 1, 2)]]
static void print(const char *format, ...)
{
    char text[200];
    va_list arguments;
    va_start(arguments, format);
    size_t size = fe_format_list(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)!fe_debug_write(fe_start_handle("resource/debug"), text, size);
}

// Eight hexadecimal digits of a newc header (cpio(5)).
static uint32_t field(const char *header, size_t at)
{
    uint32_t value = 0;
    for (size_t i = at; i < at + 8; i++) {
        char digit = header[i];
        value = value << 4 | (uint32_t)(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
    }
    return value;
}

// A program's file, twice: as the memory that it is and as the image made of it.
struct program {
    const char *name;
    uint32_t size; // bytes
    fe_handle file, image;
};

static enum status program_find(fe_handle initrd, uint64_t offset, struct program *program)
{
    TRY(fe_memory_clone(initrd, offset, fe_page_round(program->size), &program->file));
    enum status status = fe_image_create(program->file, program->size, &program->image);
    if (status != OK) (void)!fe_handle_close(program->file);
    return status;
}

// Waits for the child's end, or ends it.
static enum status child_wait(fe_handle process, struct fe_process_info *info)
{
    fe_handle event;
    uint64_t bits;
    TRY(fe_event_create(&event));
    TRY(fe_process_watch(process, event, ENDED));
    enum status status = fe_event_wait(event, ENDED, fe_clock_after(TIME_LIMIT), &bits);
    if (status == ERR_TIMED_OUT) (void)!fe_process_kill(process, 124);
    (void)!fe_handle_close(event);
    TRY(status);
    return fe_process_inspect(process, info);
}

static enum status program_run(const struct program *program, struct fe_process_info *info)
{
    struct fe_spawn_handle handles[INHERITED + 2] = {
        {"image", program->image, 0, true}, {"image-file", program->file, program->size, true}};
    size_t count = 2;
    for (size_t i = 0; i < INHERITED; i++) {
        const struct fe_start_handle *own = fe_start_find(inherited[i]);
        if (!own || own->handle == FE_NO_HANDLE) continue;
        handles[count++] = (struct fe_spawn_handle){inherited[i], own->handle, own->value, true};
    }
    const char *arguments[] = {program->name, nullptr};
    struct fe_spawn options = {.image = program->image,
                               .arguments = arguments,
                               .may_mount = true,
                               .handles = handles,
                               .handle_count = count};
    struct fe_child child;
    TRY(fe_spawn(&options, &child));
    enum status status = child_wait(child.process, info);
    (void)!fe_handle_close(child.thread);
    (void)!fe_handle_close(child.process);
    return status;
}

static void file_run(fe_handle initrd, const char *path, uint64_t offset, uint32_t size)
{
    const char *slash = strrchr(path, '/');
    struct program program = {.name = slash ? slash + 1 : path, .size = size};
    struct fe_process_info info = {};
    enum status status = program_find(initrd, offset, &program);
    if (status == OK) {
        status = program_run(&program, &info);
        (void)!fe_handle_close(program.file);
        (void)!fe_handle_close(program.image);
    }
    if (status != OK)
        print("FAIL %s: runs to its end (%s)\n", program.name, fe_status_text(status));
    else if (info.exit_code != 0 && info.exit_code != 1)
        print("FAIL %s: ends by itself (exit code %d)\n", program.name, info.exit_code);
}

static uint64_t align4(uint64_t offset)
{
    return (offset + 3) & ~(uint64_t)3;
}

int main(int, char **)
{
    const struct fe_start_handle *initrd = fe_start_find("initrd");
    const void *address;
    if (!initrd || fe_archive_map(initrd->handle, (size_t)initrd->value, &address) != OK) {
        print("FAIL init: the initrd can be read\nEND\n");
        return 1;
    }
    const char *archive = address;
    for (uint64_t at = 0; at + NEWC_HEADER < initrd->value;) {
        const char *header = archive + at, *path = header + NEWC_HEADER;
        uint32_t name_size = field(header, NAME_SIZE), size = field(header, FILE_SIZE);
        uint64_t body = align4(at + NEWC_HEADER + name_size);
        if (memcmp(header, "070701", 6) != 0 || strcmp(path, "TRAILER!!!") == 0) break;
        if (strncmp(path, "test/", 5) == 0 && (field(header, MODE) & 0111) && size > 0)
            file_run(initrd->handle, path, body, size);
        at = align4(body + size);
    }
    print("END\n");
    (void)!fe_system_power(fe_start_handle("resource/power"), POWER_OFF);
    return 0;
}
