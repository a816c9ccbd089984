# SPDX-License-Identifier: MIT
# The C library's other half: what its calls mean on Ferrite.
kind := library
name := posix
uses := c 9p net ferrite
