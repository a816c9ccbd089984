// SPDX-License-Identifier: MIT
// Feeds the translator of multiboot2 with whatever a loader might leave in memory: the information
// begins where the data does.
#include "boot/multiboot2/multiboot2.c"

#include "boot/loader_sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    info = (struct bootinfo){};
    sample_feed(multiboot2_start, LOADER_MAGIC, data, size);
    return 0;
}
