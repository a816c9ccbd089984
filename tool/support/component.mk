# SPDX-License-Identifier: MIT
# What the host tools share: files, messages, keys.
kind := library
uses := libsodium
