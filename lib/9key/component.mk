# SPDX-License-Identifier: MIT
# Proving to the other side of a 9P connection that one has the same key.
kind := library
uses := 9wire 9p libsodium ferrite
