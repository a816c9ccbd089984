// SPDX-License-Identifier: MIT
// Control and status registers of the mode that the kernel runs in, here supervisor mode, and the
// width of a register: for C and assembly of arch/riscv, which is written for both modes and widths
// (The RISC-V Instruction Set Manual, volume II, chapter 12).
#pragma once

#define REG_SIZE 8
#define REG_LOAD ld
#define REG_STORE sd

#define CSR_STATUS sstatus
#define CSR_TVEC stvec
#define CSR_SCRATCH sscratch
#define CSR_EPC sepc
#define CSR_CAUSE scause
#define CSR_TVAL stval
#define CSR_IE sie
#define CSR_IP sip
#define CSR_COUNTER_ENABLE scounteren
// Of an IMSIC (The RISC-V Advanced Interrupt Architecture, sections 2.3 and 3.8): registers behind
// registers, and the interrupt that is first.
#define CSR_SELECT 0x150   /* siselect */
#define CSR_SELECTED 0x151 /* sireg */
#define CSR_FIRST 0x15c    /* stopei */
#define TRAP_RETURN sret

// Fields of the status register.
#define STATUS_INTERRUPTS 0x2       /* SIE */
#define STATUS_USER_INTERRUPTS 0x20 /* SPIE: open after the return to user mode */
#define STATUS_PREVIOUS 0x100       /* SPP: not user mode */
#define STATUS_VECTOR 0x600         /* VS */
#define STATUS_FLOAT 0x6000         /* FS */
#define STATUS_USER_MEMORY 0x40000  /* SUM */

#define CAUSE_CALL 8 /* of user mode */
// Causes of interrupts; bits of the registers of those that are pending and enabled.
#define CAUSE_SIGNAL 1 /* of another CPU */
#define CAUSE_TIMER 5
#define CAUSE_EXTERNAL 9
