# SPDX-License-Identifier: MIT
# Mbed TLS, the engine of lib/tls: TLS 1.3, X.509 and the cryptography for them. The second tarball is the
# fallback for mirrors without the first.
package := mbedtls
version := 3.6.6
suites := trixie sid
file := mbedtls_3.6.6.orig.tar.bz2 mbedtls_3.6.7.orig.tar.bz2
size := 5508045 5473689
sha256 := \
	8fb65fae8dcae5840f793c0a334860a411f884cc537ea290ce1c52bb64ca007a \
	a7e8bcbec0e6f761b4af24f25677626b35f762f68eef79c08677a363212d11f6
licence := Apache-2.0
