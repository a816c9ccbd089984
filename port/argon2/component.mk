# SPDX-License-Identifier: MIT
# Password hashes for user space and host tools: <crypto/argon2.h>.
kind := library
uses := c
sources := *.c src/argon2.c src/core.c src/encoding.c src/ref.c src/blake2/blake2b.c
private := ../src/include
flags := -DARGON2_NO_THREADS -D_GNU_SOURCE
