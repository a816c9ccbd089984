// SPDX-License-Identifier: MIT
// Command lines in the RAM of the empty port.
#include "kernel/option.h"
#include "test/unit.h"
#include <arch/arch.h>
#include <string.h>

static struct bootinfo boot_with(const char *line)
{
    none_reset();
    char *copy = (char *)none_machine.ram;
    strcpy(copy, line);
    return (struct bootinfo){.command_line = arch_virtual_to_physical(copy)};
}

TEST("a word counts only as a whole")
{
    struct bootinfo info = boot_with("quiet exit=semihosting  last");
    EXPECT(option_has(&info, "quiet"));
    EXPECT(option_has(&info, "exit=semihosting"));
    EXPECT(option_has(&info, "last"));
    EXPECT(!option_has(&info, "exit"));
    EXPECT(!option_has(&info, "uiet"));
    EXPECT(!option_has(&info, "lasting"));
}

TEST("a number is read in hexadecimal, with 0x or without")
{
    struct bootinfo info = boot_with("no-port=1 port=0x501 base=Ff");
    EXPECT(option_number(&info, "port=") == 0x501);
    EXPECT(option_number(&info, "base=") == 0);
    EXPECT(option_number(&info, "other=") == 0);
    info = boot_with("port=f4");
    EXPECT(option_number(&info, "port=") == 0xf4);
}

TEST("no command line has no words")
{
    struct bootinfo info = {};
    EXPECT(!option_has(&info, "quiet"));
    EXPECT(option_number(&info, "port=") == 0);
}
