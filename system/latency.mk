# SPDX-License-Identifier: MIT
# How late the most urgent thread runs, and the init of the test system, which runs what it finds in /test.
contents := test/bench/latency test/guest/init
