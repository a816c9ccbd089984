# SPDX-License-Identifier: MIT
# The default system with the benchmark of files.
include system/default.mk
contents += test/bench/user
