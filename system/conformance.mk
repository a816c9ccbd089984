# SPDX-License-Identifier: MIT
# The system that the C library's conformance is tested on.
include system/default.mk
contents += port/posixtestsuite/test
