# SPDX-License-Identifier: MIT
# The default system with the examples of the book, doc/example.
include system/default.mk
contents += doc/example doc/example/counter
trees += doc/example/tree
