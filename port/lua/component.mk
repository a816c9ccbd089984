# SPDX-License-Identifier: MIT
# The interpreter, /bin/lua. Modules in C cannot be loaded: programs here are whole.
kind := program
uses := c
sources := src/*.c
exclude := src/luac.c
private := src
flags := -std=c99 -DLUA_USE_POSIX -DLUA_COMPAT_5_3
