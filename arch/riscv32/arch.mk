# SPDX-License-Identifier: MIT
# RISC-V, 32 bits, in machine mode without an MMU: a microcontroller, which has neither F nor D. The
# kernel and the programs are made small rather than fast; long double is double.
triple := riscv32-none-elf
inherits := riscv
flags := -march=rv32imac_zicsr_zifencei -mabi=ilp32
kernel_flags := -Os -mcmodel=medlow -Wno-atomic-alignment -DFE_SAVING=8
kernel_link := -O2
user_flags := -Os -mcmodel=medany -Xclang -mlong-double-64 -DFE_SAVING=8
user_stack := 32768
raw_image := elf
debugger_arch := riscv:rv32
user_linker := --emit-relocs
