# SPDX-License-Identifier: MIT
# Heads of requests of HTTP/1.1, as servers read them.
kind := library
uses := c
