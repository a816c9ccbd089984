// SPDX-License-Identifier: MIT
// The first process: starts the services in the order of what they need, watches them, starts them
// again, and keeps the namespace that they share. The kernel starts it with the root handles
// (abi/start.h) and an empty namespace.
#include "init.h"

#include <9p/client.h>
#include <abi/errno.h>
#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/libc.h>
#include <ferrite/log.h>
#include <ferrite/path.h>
#include <ferrite/start.h>

struct p9_server server = {.name = "init"};
struct unit *units;
struct p9_node *control_node;

// To the kernel's console: init's words are about what goes wrong.
void say(const char *format, ...)
{
    char line[200];
    va_list arguments;
    va_start(arguments, format);
    fe_format_list(line, sizeof line, format, arguments);
    va_end(arguments);
    fe_log("%s", line);
}

void work_soon(void)
{
    if (fe_event_signal(server.event, BIT_WORK) != OK) say("cannot signal myself");
}

static void unit_add(struct unit *unit)
{
    static uint32_t count;
    unit->bit = count++ % 48;
    struct unit **end = &units;
    while (*end) end = &(*end)->next;
    *end = unit;
    unit_show(unit);
}

static void load(const char *name, size_t size)
{
    enum : size_t { SUFFIX = 5, LARGEST = 4096 };
    char path[320], text[LARGEST], unit_name[64];
    if (size <= SUFFIX || size - SUFFIX >= sizeof unit_name) return;
    if (memcmp(name + size - SUFFIX, ".unit", SUFFIX) != 0) return;
    memcpy(unit_name, name, size - SUFFIX);
    unit_name[size - SUFFIX] = '\0';
    fe_format(path, sizeof path, "/etc/init/%s.unit", unit_name);
    struct p9_file *file;
    int result = p9_open(path, OPEN_READ, 0, &file);
    int64_t length = result;
    if (result == 0) {
        length = p9_read(file, 0, text, sizeof text);
        p9_close(file);
    }
    uint32_t line = 0;
    struct unit *unit = length < 0 || length == LARGEST
                            ? nullptr
                            : unit_parse(unit_name, text, (size_t)length, &line);
    if (unit) {
        unit_add(unit);
    } else {
        say("%s: line %u is not understood (%ld)", path, line, (long)length);
    }
}

// Once there is a file system.
static void load_all(void)
{
    static uint8_t entries[4096];
    struct p9_file *directory;
    int result = p9_open("/etc/init", OPEN_READ | OPEN_DIRECTORY, 0, &directory);
    if (result != 0) {
        say("/etc/init: error %d", -result);
        return;
    }
    int64_t size;
    while ((size = p9_readdir(directory, FE_9P_POSITION, entries, sizeof entries)) > 0) {
        for (int64_t at = 0; at < size;) {
            struct fe_9p_entry entry;
            memcpy(&entry, entries + at, sizeof entry);
            load((const char *)entries + at + sizeof entry, entry.name_size);
            at += (int64_t)((sizeof entry + entry.name_size + 7) & ~(size_t)7);
        }
    }
    p9_close(directory);
}

static void signalled(struct p9_server *self, uint64_t bits)
{
    static bool is_loaded;
    if (bits & BIT_POWER) power_now();
    if (bits & BIT_JOB_DONE) jobs_finish();
    if (bits & BIT_ENDED_MASK) units_ended(bits & BIT_ENDED_MASK);
    if (!is_loaded && mount_exists("/")) {
        is_loaded = true;
        load_all();
    }
    processes_register();
    units_start();
}

// The unit that brings the file system in which the other units are found.
static struct unit *initrd_unit(void)
{
    static const char text[] = "program /service/initrd\nprovides root /\nhandle initrd\n"
                               "handle resource/debug\nwatchdog 5000\n";
    uint32_t line;
    struct unit *unit = unit_parse("initrd", text, sizeof text - 1, &line);
    if (unit) unit->is_initrd = true;
    return unit;
}

static int own_files(void)
{
    static const char *const paths[] = {"/dev/power", "/dev/services", "/dev/units"};
    struct p9_node *nodes[3];
    int result = own_nodes(nodes);
    for (size_t i = 0; i < 3 && result == 0; i++) {
        struct placing placing = {.path = paths[i], .name = fe_path_last(paths[i])};
        if (p9_connector(&server, nodes[i], 0, 0, &placing.connector) != OK) return -ENOMEM;
        if (mount_add(nullptr, &placing) != OK) result = -ENOMEM;
    }
    return result;
}

int main(int count, char **arguments)
{
    static struct p9_node node = {.operations = &control_operations, .mode = MODE_FILE | 0600};
    struct unit *initrd = initrd_unit();
    control_node = &node;
    server.root = control_node;
    server.signalled = signalled;
    if (initrd == nullptr || p9_server_init(&server) != OK || jobs_init() != OK) return 2;
    if (own_files() != 0) return 3;
    unit_add(initrd);
    work_soon();
    p9_serve(&server);
}
