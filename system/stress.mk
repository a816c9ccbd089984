# SPDX-License-Identifier: MIT
# Only the stress suite, and an init that runs its programs one after the other.
contents := test/stress test/guest/init
