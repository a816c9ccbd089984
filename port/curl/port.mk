# SPDX-License-Identifier: MIT
# curl: HTTP and HTTPS for the command line and, as a library, for programs.
package := curl
version := 8.14.1
suites := trixie
file := curl_8.14.1.orig.tar.gz
size := 4250332
sha256 := 6766ada7101d292b42b8b15681120acd68effa4a9660935853cf6d61f0d984d4
licence := curl
