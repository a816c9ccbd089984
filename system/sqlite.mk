# SPDX-License-Identifier: MIT
# The system that SQLite's own tests in Tcl run on.
include system/default.mk
contents += port/sqlite-tests/test
