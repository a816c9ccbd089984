# SPDX-License-Identifier: MIT
# The default system with the benchmarks of a disk.
include system/default.mk
contents += test/bench/disk
trees += test/bench/disk/tree
