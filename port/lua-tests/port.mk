# SPDX-License-Identifier: MIT
# Lua's own tests, and the library in C that they look into the interpreter with. Archives of Lua alone do not have them;
# that of a game does, which carries Lua's whole repository, of the version of port/lua.
package := wesnoth-1.18
version := 5.4.7
file := wesnoth-1.18_1.18.5.orig.tar.bz2
part := src/modules/lua
size := 461916727
sha256 := e15db3caf446d91d389fc275f10c1a9e7ca3c6176c3b8ce94f5ee4a7a0c81bd6
licence := MIT
systems := ports
