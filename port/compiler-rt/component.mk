# SPDX-License-Identifier: MIT
# What the compiler calls instead of writing it out: wide division, quad and extended floating
# point.
kind := library
name := builtins
sources := *.c system/lib/compiler-rt/lib/builtins/*.c
exclude := $(addprefix system/lib/compiler-rt/lib/builtins/,apple_versioning.c atomic*.c \
	clear_cache.c cpu_model.c emutls.c enable_execute_stack.c eprintf.c gcc_personality_v0.c \
	int_util.c mingw_fixfloat.c os_version_check.c trampoline_setup.c)
private := system/lib/compiler-rt/lib/builtins
flags := -std=c11 -ffreestanding
