// SPDX-License-Identifier: MIT
// The kernel's command line. Load options may be anything: firmware puts a number of its own there
// for images that it found by itself.
#include "boot/uefi/uefi.h"

static bool is_plain(efi_char c)
{
    return c >= ' ' && c < 0x7f;
}

// The options as they are if all of them is plain text, with or without a NUL at its end; else 0.
static uint64_t from_options(const struct efi_image *image, char *to, uint64_t room)
{
    uint64_t length = image->options == nullptr ? 0 : image->options_size / sizeof(efi_char);
    while (length > 0 && image->options[length - 1] == 0) length--;
    if (length >= room) return 0;
    for (uint64_t i = 0; i < length; i++) {
        if (!is_plain(image->options[i])) return 0;
        to[i] = (char)image->options[i];
    }
    return length;
}

static uint64_t from_file(const struct uefi *uefi, char *to, uint64_t room)
{
    static const efi_char path[] = u"\\ferrite\\cmdline";
    uint64_t size;
    if (uefi_file(uefi, path, &size, nullptr) != EFI_SUCCESS || size == 0 || size >= room ||
        uefi_file(uefi, path, &size, to) != EFI_SUCCESS)
        return 0;
    for (uint64_t i = 0; i < size; i++)
        if (!is_plain((uint8_t)to[i])) to[i] = ' ';
    while (size > 0 && to[size - 1] == ' ') size--;
    return size;
}

uint64_t uefi_command_line(const struct uefi *uefi, char *to, uint64_t room)
{
    uint64_t length = from_options(uefi->image, to, room);
    if (length == 0) length = from_file(uefi, to, room);
    to[length] = '\0';
    return length + 1;
}
