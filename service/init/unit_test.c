// SPDX-License-Identifier: MIT
// Tests of unit files.
#include "unit.h"
#include <ferrite/status.h>
#include <string.h>
#include "test/unit.h"

static const char good[] = "# a service\n"
                           "program /service/console /dev/uart0   # with an argument\n"
                           "\n"
                           "needs process /dev/uart0\n"
                           "provides console /dev/console\n"
                           "provides tty /dev/tty after\n"
                           "handle resource/debug\n"
                           "may mount power\n"
                           "restart failure\n"
                           "priority 24\n"
                           "memory 16\n"
                           "watchdog 2500\n";

TEST("a unit file says what runs, what it needs and provides")
{
    uint32_t line;
    struct unit *unit = unit_parse("console", good, strlen(good), &line);
    EXPECT(unit != nullptr && strcmp(unit->name, "console") == 0);
    EXPECT(unit->program.count == 2 && strcmp(unit->program.word[1], "/dev/uart0") == 0);
    EXPECT(unit->program.word[2] == nullptr && unit->needs.count == 2);
    EXPECT(unit->provision_count == 2 && unit->provisions[1].flags == MOUNT_AFTER);
    EXPECT(strcmp(unit->provisions[0].path, "/dev/console") == 0);
    EXPECT(unit->may == (MAY_MOUNT | MAY_POWER) && unit->restart == RESTART_FAILURE);
    EXPECT(unit->priority == 24 && unit->memory_limit == 16u << 20);
    EXPECT(unit->watchdog == 2'500'000'000);
    unit_free(unit);
}

TEST("a unit may say itself when it is ready")
{
    static const char text[] = "program /bin/login\nready told\n";
    uint32_t line;
    struct unit *unit = unit_parse("login", text, sizeof text - 1, &line);
    EXPECT(unit != nullptr && unit->says_ready && !unit->is_kept);
    unit_free(unit);
}

TEST("a unit's state may be kept, and nothing else is said of it")
{
    static const char text[] = "program /service/process\nstate kept\n";
    static const char other[] = "program /service/process\nstate lost\n";
    uint32_t line;
    struct unit *unit = unit_parse("process", text, sizeof text - 1, &line);
    EXPECT(unit != nullptr && unit->is_kept);
    unit_free(unit);
    EXPECT(unit_parse("process", other, sizeof other - 1, &line) == nullptr && line == 2);
}

TEST("a unit says what it sees")
{
    static const char text[] =
        "program /a\nsees /dev/rtc0 /etc\nsees /dev/disk* /net/view/dns=/net\n";
    uint32_t line;
    struct unit *unit = unit_parse("a", text, sizeof text - 1, &line);
    EXPECT(unit != nullptr && unit->sees.count == 4);
    EXPECT(strcmp(unit->sees.word[2], "/dev/disk*") == 0);
    unit_free(unit);
}

TEST("a unit may stand in for another one")
{
    static const char text[] = "program /service/ramfs\nfallback root\nif /service/volume a\n";
    uint32_t line;
    struct unit *unit = unit_parse("home", text, sizeof text - 1, &line);
    EXPECT(unit != nullptr && strcmp(unit->fallback, "root") == 0);
    EXPECT(unit->condition.count == 2 && strcmp(unit->condition.word[1], "a") == 0);
    unit_free(unit);
}

TEST("a malformed line is refused, with its number")
{
    static const char *const bad[] = {"program",
                                      "program /a\nwrong x",
                                      "program /a\npriority 64",
                                      "program /a\nmay everything",
                                      "program /a\nready soon",
                                      "program /a\nprovides a b",
                                      "program /a\nfallback",
                                      "program /a\nwatchdog 99",
                                      "program /a\nsees",
                                      "program /a\nsees /dev etc",
                                      "program /a\nsees /dev=etc",
                                      "program /a\nsees /dev*=/etc",
                                      "program /a\nmemory x"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint32_t line;
        EXPECT(unit_parse("bad", bad[i], strlen(bad[i]), &line) == nullptr);
        EXPECT(line == (i == 0 ? 1 : 2));
    }
    uint32_t line;
    EXPECT(unit_parse("empty", "", 0, &line) == nullptr);
}

static bool tells(int32_t code, const char *expected)
{
    char text[64];
    fe_exit_text(code, text, sizeof text);
    return strcmp(text, expected) == 0;
}

TEST("the end of a process is told in words")
{
    EXPECT(tells(0, "ended with 0") && tells(3, "ended with 3"));
    EXPECT(tells(-9, "killed by signal 9") && tells(FE_EXIT_KILLED, "killed"));
    EXPECT(tells(FE_EXIT_HUNG, "did not come back from a request"));
    EXPECT(tells(FE_EXIT_FAULT - (int32_t)FAULT_READ, "fault: reading memory"));
    EXPECT(tells(FE_EXIT_FAULT - 100, "ended with -4196") &&
           tells(INT32_MIN, "ended with -2147483648"));
}
