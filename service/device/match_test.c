// SPDX-License-Identifier: MIT
// Match files: what is understood, and what is refused with its line.
#include "test/unit.h"

#include "driver.h"

#include <abi/saving.h>
#include <stdio.h>
#include <string.h>

static struct driver *parse(const char *text, uint32_t *line)
{
    return driver_parse("test", text, strlen(text), line);
}

TEST("a match file with comments is understood")
{
    uint32_t line;
    struct driver *driver = parse("# A card\nmatch virtio 1\nmatch pci 1af4:1041 # modern\n"
                                  "name ether\npriority 40\nmemory 8",
                                  &line);
    EXPECT(driver != nullptr);
    EXPECT(strcmp(driver->name, "ether") == 0 && driver->priority == 40);
    EXPECT(driver->memory_limit == (8u << 20) / FE_SAVING);
    EXPECT(strcmp(driver->matches->next->id, "1af4:1041") == 0);
    driver_free(driver);
}

TEST("what is not understood is refused, and the line told")
{
    static const char *const bad[] = {
        "name a\nmatch virtio\n", "name a\nspeed 3\n",
        "name a\npriority 64\n",  "name a\nname a b\n",
        "name a\nmemory -1\n",    "name a\nmemory\n",
        "name a\npriority +1\n",  "name a\npriority -18446744073709551615\n"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint32_t line = 0;
        char text[80];
        snprintf(text, sizeof text, "%smatch virtio 1\n", bad[i]); // all else is there
        EXPECT(parse(text, &line) == nullptr);
        EXPECT(line == 2);
    }
    uint32_t line;
    EXPECT(parse("match virtio 1\n", &line) == nullptr); // no name
    EXPECT(parse("name ether\n", &line) == nullptr);     // drives nothing
    EXPECT(driver_parse("test", "name a\0b\n", 9, &line) == nullptr);
}
