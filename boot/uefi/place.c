// SPDX-License-Identifier: MIT
// What the kernel's entry asks for: nothing here.
#include "boot/uefi/uefi.h"

uint64_t uefi_reach(void)
{
    return UINT64_MAX;
}

efi_status uefi_boot_cpu(struct uefi *)
{
    return EFI_SUCCESS;
}
