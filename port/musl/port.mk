# SPDX-License-Identifier: MIT
# musl, the C library, with changes by prepare and overlay/. The second tarball is the fallback for mirrors without the first.
package := musl
version := 1.2.6
suites := sid trixie
file := musl_1.2.6.orig.tar.gz musl_1.2.5.orig.tar.gz
size := 1082499 1080786
sha256 := \
	d585fd3b613c66151fc3249e8ed44f77020cb5e6c1e635a616d3f9f82460512a \
	a9a118bbe84d8764da0ea0d28b3ab3fae8477fc7e4085d90102b8596fc7c75e4
licence := MIT
