# SPDX-License-Identifier: MIT
# The shell and the text and file tools, one program with many names. Its own scripts say, when it
# is prepared, which files it is made of and which names it answers to.
kind := program
uses := c
sources := $(file <out/port/busybox/gen/sources)
links := $(file <out/port/busybox/gen/links)
private := include libbb
flags := -std=gnu11 -D_GNU_SOURCE -funsigned-char -fno-strict-aliasing -DNDEBUG -include autoconf.h
