// SPDX-License-Identifier: MIT
// From UEFI's environment, all memory mapped as it is if at all, to the kernel's entry: translation
// off, a0 = this hart's id, a1 = the block.

.text
.global uefi_leave
uefi_leave:
    csrw sie, zero
    csrci sstatus, 2
    fence rw, rw
    fence.i
    mv t0, a0
    mv a0, a2
    mv a1, a3
    csrw satp, zero
    sfence.vma
    jr t0
