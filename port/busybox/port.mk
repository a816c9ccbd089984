# SPDX-License-Identifier: MIT
# busybox: the shell (hush) and the text and file tools.
package := busybox
version := 1.37.0
file := busybox_1.37.0.orig.tar.bz2
size := 2565764
sha256 := 3311dff32e746499f4df0d5df04d7eb396382d7e108bb9250e7b519b837043a4
licence := GPL-2.0-only
