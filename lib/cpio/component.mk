# SPDX-License-Identifier: MIT
# Reading cpio archives.
kind := library
