// SPDX-License-Identifier: MIT
// From a loader's environment, with the kernel's copy mapped as it is if anything is, to the
// kernel's entry: translation off, a0 = this hart's id, a1 = the block. The last steps run in the
// copy.

.text
.global handover_leave
handover_leave:
    csrw sie, zero
    csrci sstatus, 2
    fence rw, rw
    fence.i
    lla t0, 1f
    lla t1, image_start
    sub t0, t0, t1
    add t0, t0, a0
    mv t2, a0
    mv a0, a2
    mv a1, a3
    jr t0
.balign 4
1:  csrw satp, zero
    sfence.vma
    jr t2
