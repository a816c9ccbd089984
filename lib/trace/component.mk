# SPDX-License-Identifier: MIT
# Reading the kernel's trace rings.
kind := library
uses := ferrite
