# SPDX-License-Identifier: MIT
# x86_64. Kernel code keeps out of the SSE registers, which belong to user threads.
triple := x86_64-none-elf
inherits := x86 paged
flags := -march=x86-64
kernel_flags := -mno-red-zone -mgeneral-regs-only -mcmodel=kernel -flto=thin
kernel_link := -O2 --lto-O2 --thinlto-jobs=2 --thinlto-cache-dir=$(out)/lto
early_flags := -mcmodel=small
user_flags :=
general_only := -mgeneral-regs-only
raw_image := elf
efi_name := BOOTX64.EFI
debugger_arch := i386:x86-64
source-flags.kernel.kernel/object/fast.c := -fomit-frame-pointer
# Stubs of messages use the stack below what the compiler knows of, and the frame pointer's register.
source-flags.user.out/gen/user/syscalls.c := -fomit-frame-pointer -mno-red-zone
