# SPDX-License-Identifier: MIT
# Threads for servers that give each request one.
kind := library
uses := ferrite c
