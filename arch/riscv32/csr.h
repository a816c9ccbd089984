// SPDX-License-Identifier: MIT
// Control and status registers of the mode that the kernel runs in, here machine mode, and the
// width of a register: for C and assembly of arch/riscv, which is written for both modes and widths
// (The RISC-V Instruction Set Manual, volume II, chapter 3).
#pragma once

#define REG_SIZE 4
#define REG_LOAD lw
#define REG_STORE sw

#define CSR_STATUS mstatus
#define CSR_TVEC mtvec
#define CSR_SCRATCH mscratch
#define CSR_EPC mepc
#define CSR_CAUSE mcause
#define CSR_TVAL mtval
#define CSR_IE mie
#define CSR_IP mip
#define CSR_COUNTER_ENABLE mcounteren
#define TRAP_RETURN mret

// Of an IMSIC (The RISC-V Advanced Interrupt Architecture, sections 2.2 and 3.8): registers behind
// a number, and the interrupt that is first.
#define CSR_SELECT 0x350   /* miselect */
#define CSR_SELECTED 0x351 /* mireg */
#define CSR_FIRST 0x35c    /* mtopei */

// Fields of the status register.
#define STATUS_INTERRUPTS 0x8       /* MIE */
#define STATUS_USER_INTERRUPTS 0x80 /* MPIE: open after the return to user mode */
#define STATUS_PREVIOUS 0x1800      /* MPP: not user mode */
#define STATUS_VECTOR 0x600         /* VS */
#define STATUS_FLOAT 0x6000         /* FS */
#define STATUS_USER_MEMORY 0x20000  /* MPRV: loads and stores are as user mode's */

// Causes of interrupts; bits of the registers of those that are pending and enabled.
#define CAUSE_SIGNAL 3 /* of another CPU */
#define CAUSE_TIMER 7
#define CAUSE_EXTERNAL 11
