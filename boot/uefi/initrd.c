// SPDX-License-Identifier: MIT
// The initrd: what the loader before us offers by the path that Linux's loaders use, else a file of
// the volume that the image came from: the one that the command line's initrd= names, or the usual
// one.
#include "boot/uefi/uefi.h"

static const struct efi_guid load_file_2 = {
    0x4006c0c1, 0xfcb3, 0x403e, {0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d}};
static const struct efi_guid file_info = {
    0x09576e92, 0x6d3f, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};

// The vendor's node of a media path, and the end (UEFI 10.3.5.3; the name is Linux's).
static const struct {
    struct efi_path vendor;
    struct efi_guid guid;
    struct efi_path end;
} initrd_path = {
    {4, 3, {20, 0}},
    {0x5568e427, 0x68fc, 0x4f3d, {0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68}},
    {0x7f, 0xff, {4, 0}},
};
static_assert(sizeof initrd_path == 24);

efi_status uefi_file(const struct uefi *uefi, const efi_char *path, uint64_t *size, void *to)
{
    struct {
        uint64_t size, file_size;
        uint8_t rest[512]; // times, attributes and the name
    } info;
    struct efi_file *file;
    uintptr_t bytes = sizeof info;
    if (uefi->volume == nullptr) return EFI_NOT_FOUND;
    efi_status status = uefi->volume->open(uefi->volume, &file, path, EFI_FILE_READ, 0);
    if (status != EFI_SUCCESS) return EFI_NOT_FOUND;
    status = file->info(file, &file_info, &bytes, &info);
    if (status == EFI_SUCCESS && to == nullptr) {
        *size = info.file_size;
    } else if (status == EFI_SUCCESS) {
        bytes = (uintptr_t)*size;
        status = file->read(file, &bytes, to);
        if (status == EFI_SUCCESS && bytes != *size) status = EFI_LOAD_ERROR;
    }
    (void)file->close(file);
    return status;
}

static efi_status offered(struct uefi *uefi)
{
    const struct efi_path *path = &initrd_path.vendor;
    struct efi_load_file *file;
    efi_handle handle;
    uintptr_t size = 0;
    efi_status status = uefi->boot->locate_path(&load_file_2, &path, &handle);
    if (status != EFI_SUCCESS) return EFI_NOT_FOUND;
    status = uefi->boot->protocol(handle, &load_file_2, (void **)&file);
    if (status != EFI_SUCCESS) return EFI_NOT_FOUND;
    status = file->load(file, path, false, &size, nullptr);
    if (status != EFI_BUFFER_TOO_SMALL || size == 0) return EFI_NOT_FOUND;
    uefi->initrd_size = size;
    status = uefi_allocate(uefi, EFI_LOADER_DATA, size, &uefi->initrd);
    if (status != EFI_SUCCESS) return status;
    status = file->load(file, path, false, &size, (void *)uefi->initrd);
    return status == EFI_SUCCESS ? status : uefi_say(uefi, status, "the initrd cannot be read");
}

// What the command line names, or else the usual file. Where one is named there is no other.
static efi_status from_volume(struct uefi *uefi)
{
    efi_char name[UEFI_NAME_MAX];
    bool is_named = uefi_initrd_name(uefi, name);
    const efi_char *path = is_named ? name : u"\\ferrite\\initrd";
    efi_status status = EFI_NOT_FOUND;
    if (path[0] != 0) status = uefi_file(uefi, path, &uefi->initrd_size, nullptr);
    if (status != EFI_SUCCESS || uefi->initrd_size == 0)
        return uefi_say(uefi, EFI_NOT_FOUND,
                        is_named ? "there is no initrd: the file that initrd= names is not there"
                                 : "there is no initrd: the loader has none, nor is "
                                   "\\ferrite\\initrd there");
    status = uefi_allocate(uefi, EFI_LOADER_DATA, uefi->initrd_size, &uefi->initrd);
    if (status != EFI_SUCCESS) return status;
    status = uefi_file(uefi, path, &uefi->initrd_size, (void *)uefi->initrd);
    return status == EFI_SUCCESS ? status : uefi_say(uefi, status, "the initrd cannot be read");
}

efi_status uefi_initrd(struct uefi *uefi)
{
    efi_status status = offered(uefi);
    return status == EFI_NOT_FOUND ? from_volume(uefi) : status;
}
