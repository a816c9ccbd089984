// SPDX-License-Identifier: MIT
// Feeds the device tree reader with anything, and reads all of whatever it accepts.
#include "kernel/device/dtb.c"
#include "kernel/device/dtb_sample.h"

#include <stdio.h>

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

// A good tree to begin with, in the folder of inputs, which is the last argument.
int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/good", (*arguments)[*count - 1]);
    FILE *file = *count > 1 ? fopen(path, "wb") : nullptr;
    if (file == nullptr) return 0;
    make();
    fwrite(blob, 1, blob_size, file);
    fclose(file);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    read_all(input, size);
    return 0;
}
