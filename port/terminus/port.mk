# SPDX-License-Identifier: MIT
# Terminus, a bitmap font for screens, out of the tarball of console-setup, which carries it.
package := console-setup
version := 1.242
suites := trixie
file := console-setup_1.242~deb13u1.tar.xz
size := 3888456
sha256 := 3c5eaeedc2d602a3ca8537bb0a333c66975b7867b33a6fa2d67fbd8a3dff2e21
licence := OFL-1.1
