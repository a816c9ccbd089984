# SPDX-License-Identifier: MIT
# The reference implementation of Argon2, RFC 9106.
package := argon2
version := 20190702
file := argon2_0~20190702+dfsg.orig.tar.xz
size := 725424
sha256 := 815f1017b5b0033204778c2e32443257274bc5d9dd16d355c4f7db8189e23dcc
licence := CC0-1.0
