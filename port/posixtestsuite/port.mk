# SPDX-License-Identifier: MIT
# The Open POSIX Test Suite: assertions of POSIX, each a program.
package := posixtestsuite
version := 1.5.2
file := posixtestsuite_1.5.2.orig.tar.gz
size := 1092856
sha256 := 15a2185672127cba851d35ec9d538ff6148defdbb75f99c7e9c50aeba0f94757
licence := GPL-2.0-or-later
systems := conformance
