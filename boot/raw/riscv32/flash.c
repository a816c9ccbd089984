// SPDX-License-Identifier: MIT
// Protocol raw where the kernel may be executed in flash: then its data was copied out of there.
#include "boot/raw/raw.h"

extern const char image_data[], image_data_file[], image_flash_end[]; // the linker script's

const struct raw_flash *raw_flash(void)
{
    return (uintptr_t)image_data == (uintptr_t)image_data_file ? nullptr
                                                               : (const void *)image_flash_end;
}
