// SPDX-License-Identifier: MIT
// Feeds the translator of multiboot1 with whatever a loader might leave in memory: the information
// begins where the data does.
#include "boot/multiboot1/multiboot1.c"

#include "boot/loader_sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    info = (struct bootinfo){};
    sample_feed(multiboot1_start, LOADER_MAGIC, data, size);
    return 0;
}
