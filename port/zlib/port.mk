# SPDX-License-Identifier: MIT
# zlib: compression, unmodified.
package := zlib
version := 1.3.1
file := zlib_1.3.dfsg+really1.3.1.orig.tar.gz
size := 1325737
sha256 := 60dd315c07f616887caa029408308a018ace66e3d142726a97db164b3b8f69fb
licence := Zlib
