# SPDX-License-Identifier: MIT
# libext2fs, the engine of service/ext4. Only the library is built: lib/ext2fs and lib/et.
package := e2fsprogs
version := 1.47.2
file := e2fsprogs_1.47.2.orig.tar.gz
size := 9996725
sha256 := 6dcd67ff9d8b13274ba3f088e4318be4f5b71412cd863524423fc49d39a6371f
licence := LGPL-2.0-only AND MIT
