// SPDX-License-Identifier: MIT
// The kernel's command line. Load options may be anything: firmware puts a number of its own there
// for images that it found by itself. They are taken if all of them is plain text, with or without
// a NUL at its end.
#include "boot/uefi/uefi.h"

static bool is_plain(efi_char c)
{
    return c >= ' ' && c < 0x7f;
}

// How long the text of the options is; 0: there is none.
static uint64_t options_length(const struct efi_image *image)
{
    uint64_t length = image->options == nullptr ? 0 : image->options_size / sizeof(efi_char);
    while (length > 0 && image->options[length - 1] == 0) length--;
    for (uint64_t i = 0; i < length; i++)
        if (!is_plain(image->options[i])) return 0;
    return length;
}

static efi_status words_allocate(struct uefi *uefi, uint64_t length)
{
    uint64_t at;
    efi_status status = uefi_allocate(uefi, EFI_LOADER_DATA, length + 1, &at);
    if (status != EFI_SUCCESS) return status;
    uefi->words = (char *)at;
    uefi->words[length] = '\0';
    uefi->words_size = length + 1;
    return EFI_SUCCESS;
}

static efi_status from_file(struct uefi *uefi)
{
    static const efi_char path[] = u"\\ferrite\\cmdline";
    uint64_t size = 0;
    bool is_there = uefi_file(uefi, path, &size, nullptr) == EFI_SUCCESS && size != 0;
    efi_status status = words_allocate(uefi, is_there ? size : 0);
    if (status != EFI_SUCCESS || !is_there) return status;
    status = uefi_file(uefi, path, &size, uefi->words);
    if (status != EFI_SUCCESS) return uefi_say(uefi, status, "\\ferrite\\cmdline cannot be read");
    for (uint64_t i = 0; i < size; i++)
        if (!is_plain((uint8_t)uefi->words[i])) uefi->words[i] = ' ';
    while (size > 0 && uefi->words[size - 1] == ' ') uefi->words[--size] = '\0';
    return EFI_SUCCESS;
}

efi_status uefi_command_line(struct uefi *uefi)
{
    uint64_t length = options_length(uefi->image);
    if (length == 0) return from_file(uefi);
    efi_status status = words_allocate(uefi, length);
    for (uint64_t i = 0; i < length && status == EFI_SUCCESS; i++)
        uefi->words[i] = (char)uefi->image->options[i];
    return status;
}

// What follows `start` where a word begins with it; nullptr: none does.
static const char *word_find(const char *words, const char *start)
{
    for (const char *at = words; *at != '\0';) {
        uint32_t same = 0;
        while (start[same] != '\0' && at[same] == start[same]) same++;
        if (start[same] == '\0') return at + same;
        while (*at != '\0' && *at != ' ') at++;
        while (*at == ' ') at++;
    }
    return nullptr;
}

bool uefi_initrd_name(const struct uefi *uefi, efi_char name[UEFI_NAME_MAX])
{
    const char *word = word_find(uefi->words, "initrd=");
    uint32_t length = 0;
    if (word == nullptr) return false;
    for (; *word != '\0' && *word != ' ' && length < UEFI_NAME_MAX - 1; word++)
        name[length++] = *word == '/' ? u'\\' : (efi_char)*word;
    bool is_whole = *word == '\0' || *word == ' ';
    name[is_whole ? length : 0] = 0;
    return true;
}
