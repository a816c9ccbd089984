# SPDX-License-Identifier: MIT
# initrd [-k KEYS] LIST OUT
kind := host
uses := support cpio libsodium
