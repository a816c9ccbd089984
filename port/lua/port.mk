# SPDX-License-Identifier: MIT
# Lua, the language, unmodified.
package := lua5.4
version := 5.4.7
file := lua5.4_5.4.7.orig.tar.gz
size := 374097
sha256 := 9fbf5e28ef86c69858f6d3d34eccc32e911c1a28b4120ff3e84aaa70cfbf1e30
licence := MIT
