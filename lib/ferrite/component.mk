# SPDX-License-Identifier: MIT
# The system calls' user side, start code, spawning, clock, locks: what every program stands on.
kind := library
generated := user/syscalls.c
arch := user
# No vector registers: a program that only passes messages then has none to save at a switch.
flags := -mgeneral-regs-only
