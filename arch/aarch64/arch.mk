# SPDX-License-Identifier: MIT
# AArch64, 4 KiB pages. Kernel code keeps out of the FP/SIMD registers, which belong to user threads,
# and out of x18, so that a call gives it back without having saved it.
triple := aarch64-none-elf
inherits :=
flags := -march=armv8-a
kernel_flags := -mgeneral-regs-only -mstrict-align -ffixed-x18 -mbranch-protection=bti -flto=thin
kernel_link := -O2 --lto-O2 --thinlto-jobs=2 --thinlto-cache-dir=$(out)/lto
user_flags := -mbranch-protection=bti
general_only := -mgeneral-regs-only
raw_image := binary
debugger_arch := aarch64
# The fast path keeps its hands off a message: label, words, and what comes after them.
source-flags.kernel.kernel/object/fast.c := $(patsubst %,-ffixed-x%,1 2 3 4 5 6 7 9 10 11 12)
# Other fast calls keep to few registers, because entry code has to wipe those that they use.
source-flags.kernel.kernel/object/fast_event.c := $(patsubst %,-ffixed-x%,9 10 11 12 13 14 15)
