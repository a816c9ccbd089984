// SPDX-License-Identifier: MIT
// What the kernel's entry asks for: the low 4 GiB, which its first tables map (enter_long.S), and
// tables of four levels.
#include "arch/x86/register.h"
#include "boot/uefi/uefi.h"

enum : uint32_t { CR4_LA57 = 1u << 12 };

uint64_t uefi_reach(void)
{
    return UINT32_MAX;
}

efi_status uefi_boot_cpu(struct uefi *uefi)
{
    if (!(cr4_read() & CR4_LA57)) return EFI_SUCCESS;
    return uefi_say(uefi, EFI_UNSUPPORTED, "firmware uses page tables of five levels");
}
