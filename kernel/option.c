// SPDX-License-Identifier: MIT
// Looks words up on the command line: they begin at its start or behind a space.
#include "kernel/option.h"
#include "kernel/object/trust.h"
#include <arch/arch.h>

// What follows `start` where a word begins with it; nullptr: none does.
static const char *find(const struct bootinfo *info, const char *start)
{
    if (trust_is_release || info->command_line == 0) return nullptr;
    const char *text = arch_physical_to_virtual(info->command_line);
    while (*text != '\0') {
        const char *wanted = start;
        while (*wanted != '\0' && *text == *wanted) text++, wanted++;
        if (*wanted == '\0') return text;
        while (*text != '\0' && *text != ' ') text++;
        while (*text == ' ') text++;
    }
    return nullptr;
}

bool option_has(const struct bootinfo *info, const char *word)
{
    const char *end = find(info, word);
    return end != nullptr && (*end == '\0' || *end == ' ');
}

uint64_t option_number(const struct bootinfo *info, const char *name)
{
    const char *at = find(info, name);
    uint64_t value = 0;
    if (at == nullptr) return 0;
    if (at[0] == '0' && at[1] == 'x') at += 2;
    for (;; at++) {
        bool is_digit = *at >= '0' && *at <= '9', is_letter = *at >= 'a' && *at <= 'f';
        if (!is_digit && !is_letter) return value;
        value = value << 4 | (uint64_t)(is_digit ? *at - '0' : *at - 'a' + 10);
    }
}
