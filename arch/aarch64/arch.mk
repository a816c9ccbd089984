# SPDX-License-Identifier: MIT
# AArch64, 4 KiB pages. Kernel code keeps out of the FP/SIMD registers, which belong to user threads,
# and out of x18, so that a call gives it back without having saved it.
triple := aarch64-none-elf
inherits := paged
flags := -march=armv8-a
kernel_flags := -mgeneral-regs-only -mstrict-align -ffixed-x18 -mbranch-protection=bti -flto=thin
kernel_link = --emit-relocs -O2 --lto-O2 --thinlto-jobs=2 --thinlto-cache-dir=$(out)/lto
user_flags :=
general_only := -mgeneral-regs-only
raw_image := binary
efi_name := BOOTAA64.EFI
debugger_arch := aarch64
# The fast path keeps its hands off a message: label, words, and what comes after them.
source-flags.kernel.kernel/object/fast.c := $(patsubst %,-ffixed-x%,1 2 3 4 5 6 7 9 10 11 12)
# Other fast calls keep to few registers, because entry code has to wipe those that they use.
source-flags.kernel.kernel/object/fast_event.c := $(patsubst %,-ffixed-x%,9 10 11 12 13 14 15)
# Indirect branches of the kernel land on pads (BTI). What is called often, and only directly, goes
# without: tool/pads sees that nobody takes such a function's address.
without_pads := $(patsubst %,kernel/%.c,syscall tree object/fast object/fast_event object/fast_transfer \
	object/handle object/message object/call memory/page_tree memory/slab \
	memory/space memory/user memory/progress schedule/queue schedule/later schedule/lock schedule/float \
	schedule/inherit time/timer time/clock) arch/aarch64/kernel/trap.c \
	arch/aarch64/kernel/space.c arch/paged/kernel/table.c
$(foreach f,$(without_pads),$(eval source-flags.kernel.$f += -mbranch-protection=none))
