# SPDX-License-Identifier: MIT
# The default system with the benchmarks of the C library.
include system/default.mk
contents += test/bench/user
trees += test/bench/user/tree
