// SPDX-License-Identifier: MIT
// What the kernel's entry asks for: the number of the hart that it runs on, which no instruction
// tells in supervisor mode.
#include "boot/uefi/uefi.h"

static const struct efi_guid riscv_boot = {
    0xccd15fec, 0x6f73, 0x4eec, {0x83, 0x95, 0x3e, 0x69, 0xe4, 0xb9, 0x40, 0xbf}};

uint64_t uefi_reach(void)
{
    return UINT64_MAX;
}

efi_status uefi_boot_cpu(struct uefi *uefi)
{
    struct efi_riscv_boot *boot;
    uintptr_t hart;
    if (uefi->boot->locate(&riscv_boot, nullptr, (void **)&boot) != EFI_SUCCESS ||
        boot->boot_hart(boot, &hart) != EFI_SUCCESS)
        return uefi_say(uefi, EFI_UNSUPPORTED, "firmware does not tell the boot hart's number");
    uefi->boot_cpu = hart;
    return EFI_SUCCESS;
}
