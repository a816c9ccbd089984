# SPDX-License-Identifier: MIT
# libsodium: only its portable Ed25519 and SHA-512 are compiled.
package := libsodium
version := 1.0.18
file := libsodium_1.0.18.orig.tar.gz
size := 1619527
sha256 := d59323c6b712a1519a5daf710b68f5e7fde57040845ffec53850911f10a5d4f4
licence := ISC
