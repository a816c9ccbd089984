# SPDX-License-Identifier: MIT
# The default system with the benchmarks of the network.
include system/default.mk
contents += test/bench/net
trees += test/bench/net/tree
