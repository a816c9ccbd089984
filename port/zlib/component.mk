# SPDX-License-Identifier: MIT
# The library; ./test has the programs that it is tested by.
kind := library
name := z
uses := c
sources := *.c
include := ../gen/include
flags := -std=c99 -DHAVE_UNISTD_H -DHAVE_STDARG_H -DHAVE_HIDDEN
