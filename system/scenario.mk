# SPDX-License-Identifier: MIT
# The default system with what scenarios need besides.
include system/default.mk
contents += test/scenario/program test/scenario/hang
trees += test/scenario/tree
