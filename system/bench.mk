# SPDX-License-Identifier: MIT
# The kernel's benchmarks, and the init of the test system, which runs what it finds in /test.
contents := test/bench test/guest/init
