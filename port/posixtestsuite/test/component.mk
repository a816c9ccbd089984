# SPDX-License-Identifier: MIT
# The tests as one program, which ./run.c begins: with SUITE=all all of them, else each interface's first.
kind := program
name := conformance-$(or $(SUITE),first)
uses := c
sources := run.c tests/table.c tests/test_*$(if $(SUITE),,_1_1).c
private := include
flags := -std=gnu99 -O1 -g0
