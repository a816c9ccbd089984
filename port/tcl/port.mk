# SPDX-License-Identifier: MIT
# Tcl, the language that SQLite's tests are written in.
package := tcl8.6
version := 8.6.16
suites := trixie
file := tcl8.6_8.6.16+dfsg.orig.tar.gz
size := 7037224
sha256 := c3b6a803ea2e55cafa8b4b52546a6b3bb3722927dcf4bebe3a6549fd353702ea
licence := TCL
systems := sqlite
