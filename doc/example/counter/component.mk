# SPDX-License-Identifier: MIT
# The first service of the book.
kind := service
uses := 9p ferrite c
