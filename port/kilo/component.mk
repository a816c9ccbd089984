# SPDX-License-Identifier: MIT
# The editor, /bin/kilo and /bin/edit.
kind := program
uses := c
flags := -D_GNU_SOURCE
sources := *.c
links := edit
