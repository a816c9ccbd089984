# SPDX-License-Identifier: MIT
# The tests as one program, which ./run.c begins: all in the system that is for them, elsewhere each interface's first.
kind := program
name := conformance
uses := c
sources := run.c tests/table.c tests/test_*$(if $(filter conformance,$(SYSTEM)),,_1_1).c
private := include
flags := -std=gnu99 -O1 -g0
