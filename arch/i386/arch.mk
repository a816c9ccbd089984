# SPDX-License-Identifier: MIT
# i386: 32-bit x86 from the Pentium 4 on, with PAE. Kernel code keeps out of the SSE registers. Numbers
# of 64 bits are aligned as they are on every other instruction set, as abi/ wants it. long double is
# double: with that alignment the compiler lays the extended format of 12 bytes out in no array.
triple := i386-none-elf
inherits := x86 paged
flags := -march=pentium4 -malign-double
kernel_flags := -mgeneral-regs-only
kernel_link := -O2
user_flags := -Xclang -mlong-double-64
general_only := -mgeneral-regs-only
debugger_arch := i386
