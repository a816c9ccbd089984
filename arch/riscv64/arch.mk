# SPDX-License-Identifier: MIT
# RISC-V, 64 bits, in supervisor mode under SBI. Kernel code keeps out of the FP registers, which
# belong to user threads; programs may use F, D and C, which every machine with an MMU has.
triple := riscv64-none-elf
inherits := riscv paged
flags :=
kernel_flags := -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -flto=thin
kernel_link := -O2 --lto-O2 --thinlto-jobs=2 --thinlto-cache-dir=$(out)/lto
user_flags := -march=rv64gc -mabi=lp64d -mcmodel=medany
general_only := -mno-implicit-float
raw_image := binary
efi_name := BOOTRISCV64.EFI
debugger_arch := riscv:rv64
# The fast path keeps its hands off a message: of label and words, what does not lie in registers of
# arguments, and where entry code puts what does (entry.S). It has no use for registers that it would
# have to save.
source-flags.kernel.kernel/object/fast.c := -fomit-frame-pointer $(patsubst %,-ffixed-x%,5 6 8 9 14 15 \
	16 17 18 19 20 21 22 23 24 25 26 27)
# Other fast calls keep to few registers, because entry code has to wipe those that they use.
source-flags.kernel.kernel/object/fast_event.c := -fomit-frame-pointer $(patsubst %,-ffixed-x%,5 6 7 28 29 31)
