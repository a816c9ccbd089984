# SPDX-License-Identifier: MIT
# The C library's other half: what its calls mean on Ferrite.
kind := library
name := posix
uses := c 9p net ferrite
# No vector registers here either: a call does not touch them.
flags := $(general_only)
