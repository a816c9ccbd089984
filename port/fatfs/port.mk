# SPDX-License-Identifier: MIT
# FatFs R0.15, the engine of service/fat, out of a package that carries it.
package := fuse-umfuse-fat
version := 0.3
file := fuse-umfuse-fat_0.3+dfsg.orig.tar.xz
size := 344756
sha256 := a950a869e17a48e4c524c6cf01a992efd02eb39aa5bc8c8fc3434c166f2e53f7
licence := FatFs
