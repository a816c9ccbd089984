# SPDX-License-Identifier: MIT
# What a program needs that has no C library: the way into main, memory and text functions, malloc.
kind := library
uses := builtins ferrite
