# SPDX-License-Identifier: MIT
# Only the guest tests, and an init that runs them one after the other.
contents := test/guest test/guest/init
