# SPDX-License-Identifier: MIT
# /test/lua-tests, the interpreter with what its tests look into it with.
kind := program
name := lua-tests
uses := c
sources := *.c
exclude := onelua.c
private := .
flags := -std=c99 -DLUA_USE_POSIX -DLUA_COMPAT_5_3 -DLUA_USER_H='"ltests.h"'
