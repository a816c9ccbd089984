# SPDX-License-Identifier: MIT
# The programs of the book: each file is one.
kind := programs
uses := c
