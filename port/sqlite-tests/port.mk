# SPDX-License-Identifier: MIT
# SQLite's own tests that are written in Tcl, and the program that runs them: of the version of port/sqlite.
package := sqlite3
version := 3.53.4
suites := sid
file := sqlite3_3.53.4.orig.tar.xz
size := 8656972
sha256 := 05366adc8ee80c6b1faa71285b49d133c2121238ca58934b077fdeb95934abd4
licence := blessing
systems := sqlite
