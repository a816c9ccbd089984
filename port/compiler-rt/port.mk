# SPDX-License-Identifier: MIT
# LLVM's compiler runtime, out of a tarball that happens to carry it and is small.
package := emscripten
version := 3.1.6
suites := bookworm
file := emscripten_3.1.6~dfsg.orig.tar.xz
size := 18290380
sha256 := 0a91953cc63b118b9553649de48a2d0731e668690b1f5f0189468fe892fa2c1a
licence := Apache-2.0-with-LLVM-exception
