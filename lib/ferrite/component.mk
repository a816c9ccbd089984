# SPDX-License-Identifier: MIT
# The system calls' user side, start code, spawning, clock, locks: what every program stands on.
kind := library
uses := builtins
generated := user/syscalls.c
arch := user
