# SPDX-License-Identifier: MIT
# Dropbear: what speaks SSH in sshd.
package := dropbear
version := 2025.89
file := dropbear_2025.89.orig.tar.bz2
size := 2374006
sha256 := 0d1f7ca711cfc336dc8a85e672cab9cfd8223a02fe2da0a4a7aeb58c9e113634
licence := MIT
