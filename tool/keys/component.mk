# SPDX-License-Identifier: MIT
# keys FOLDER: development keys where there are none. keys --roots OUT.c FOLDER: its *.root for the kernel.
kind := host
uses := support libsodium
