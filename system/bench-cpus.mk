# SPDX-License-Identifier: MIT
# The benchmarks of several CPUs, and the init of the test system.
contents := test/bench/cpus test/guest/init
