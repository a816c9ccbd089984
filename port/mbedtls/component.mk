# SPDX-License-Identifier: MIT
# The library as prepare.config.h configures it. Programs use it by lib/tls.
kind := library
uses := c
sources := *.c library/*.c
include := include
private := library
flags := -std=gnu2x -D_GNU_SOURCE -D__unix__
