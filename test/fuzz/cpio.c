// SPDX-License-Identifier: MIT
// Feeds the reader of archives with anything, and reads all of what it accepts.
#include "archive_sample.h"
#include "lib/cpio/cpio.c"

#include <stdlib.h>

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    archive_write(*count, *arguments);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    struct cpio cpio;
    struct cpio_entry entry;
    volatile uint8_t sum = 0;
    size_t entries = 0;
    cpio_open(&cpio, input, size);
    while (cpio_next(&cpio, &entry) == OK) {
        if (++entries > size) abort(); // each takes more than a byte
        for (size_t i = 0; i < entry.size; i++) sum += input[entry.offset + i];
        sum += (uint8_t)strlen(entry.name);
    }
    (void)cpio_find(input, size, "service/init", &entry);
    return 0;
}
