// SPDX-License-Identifier: MIT
// The generator, and what a seed on the command line makes of it.
#include "kernel/random.h"
#include "test/unit.h"
#include <arch/arch.h>
#include <string.h>

enum : size_t { SIZE = 100 };

static struct bootinfo boot_with(const char *line)
{
    none_reset();
    char *copy = (char *)none_machine.ram;
    strcpy(copy, line);
    return (struct bootinfo){.command_line = arch_virtual_to_physical(copy)};
}

// What comes after `line` was booted with, and `added` was mixed in.
static void draw(const char *line, const char *added, uint8_t drawn[SIZE])
{
    struct bootinfo info = boot_with(line);
    random_init(&info);
    random_add(added, strlen(added));
    random_fill(drawn, SIZE);
}

TEST("without a seed, what is mixed in changes what is drawn")
{
    uint8_t first[SIZE], second[SIZE];
    draw("quiet", "some", first);
    draw("quiet", "other", second);
    EXPECT(memcmp(first, second, SIZE) != 0);
}

TEST("before a source of random numbers has given enough, it is not seeded")
{
    struct bootinfo info = boot_with("");
    random_init(&info);
    random_add("guessed", 7);
    EXPECT(!random_is_seeded());
    info.seed = arch_virtual_to_physical(none_machine.ram + 0x1000);
    info.seed_size = SEED_BITS / 8 - 1;
    random_init(&info);
    EXPECT(!random_is_seeded());
    info.seed_size = SEED_BITS / 8;
    random_init(&info);
    EXPECT(random_is_seeded());
}

TEST("with a seed, the same is drawn whatever is mixed in")
{
    uint8_t first[SIZE], second[SIZE], other[SIZE];
    draw("seed=1f", "some", first);
    draw("quiet seed=0x1f", "other", second);
    draw("seed=2f", "some", other);
    EXPECT(memcmp(first, second, SIZE) == 0);
    EXPECT(memcmp(first, other, SIZE) != 0);
    EXPECT(memcmp(first, first + SIZE / 2, SIZE / 2) != 0);
}

TEST("with a seed, the places of spaces are drawn from their number alone")
{
    struct bootinfo info = boot_with("seed=1f");
    uint8_t drawn[SIZE];
    random_init(&info);
    uint64_t first = random_space(), second = random_space();
    random_init(&info);
    random_fill(drawn, SIZE);
    EXPECT(random_space() == first && first != second);
    random_fill(drawn, SIZE);
    EXPECT(random_space() == second);
    info = boot_with("");
    random_init(&info);
    EXPECT(random_space() != first);
}

TEST("what firmware gives changes what is drawn, and is wiped")
{
    static const uint8_t zero[32];
    static const uint8_t given[] = {1, 2, 0, 1}; // 0: nothing
    uint8_t drawn[4][SIZE];
    for (uint32_t i = 0; i < 4; i++) {
        struct bootinfo info = boot_with("seed=1");
        random_init(&info); // the same before each
        info = boot_with("");
        uint8_t *seed = none_machine.ram + 0x1000;
        memset(seed, given[i], sizeof zero);
        seed[sizeof zero] = 7;
        info.seed = arch_virtual_to_physical(seed);
        info.seed_size = given[i] == 0 ? 0 : sizeof zero;
        random_init(&info);
        random_fill(drawn[i], SIZE);
        EXPECT(memcmp(seed, zero, sizeof zero) == 0 && seed[sizeof zero] == 7);
    }
    EXPECT(memcmp(drawn[0], drawn[1], SIZE) != 0 && memcmp(drawn[1], drawn[2], SIZE) != 0);
    EXPECT(memcmp(drawn[0], drawn[2], SIZE) != 0 && memcmp(drawn[0], drawn[3], SIZE) == 0);
}
