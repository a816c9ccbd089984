# SPDX-License-Identifier: MIT
# The C library: musl over one function, __ferrite_syscall, which lib/posix supplies.
kind := library
name := c
uses := builtins posix
sources := overlay/*.c src/*/*.c src/malloc/mallocng/*.c
private := overlay arch/$(isa) arch/generic src/include src/internal
include := ../gen/$(isa)/include
flags := -std=c99 -ffreestanding -frounding-math -fno-strict-aliasing -fomit-frame-pointer \
	-U_GNU_SOURCE -D_XOPEN_SOURCE=700
