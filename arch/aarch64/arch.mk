# SPDX-License-Identifier: MIT
# AArch64, 4 KiB pages. Kernel code keeps out of the FP/SIMD registers, which belong to user threads.
triple := aarch64-none-elf
inherits :=
flags := -march=armv8-a
kernel_flags := -mgeneral-regs-only -mstrict-align
kernel_link :=
user_flags :=
raw_image := binary
debugger_arch := aarch64
