# SPDX-License-Identifier: MIT
# The authorities that Mozilla trusts, as Debian carries them. The second tarball is the fallback for mirrors
# without the first.
package := ca-certificates
version := 20250419
suites := sid
file := ca-certificates_20250419.tar.xz ca-certificates_20260601.tar.xz
size := 277504 265368
sha256 := \
	33b44ef78653ecd3f0f2f13e5bba6be466be2e7da72182f737912b81798ba5d2 \
	7ab6301f7f34eef90a4d278647c260bc0762e0e14561f4649854cf4b0d4bea21
licence := MPL-2.0
