# SPDX-License-Identifier: MIT
# OpenSSH: of it, the server of files that sshd's users start, sftp-server.
package := openssh
version := 10.0p1
suites := trixie
file := openssh_10.0p1.orig.tar.gz
size := 1972675
sha256 := 021a2e709a0edf4250b1256bd5a9e500411a90dddabea830ed59cef90eb9d85c
licence := BSD and ISC
