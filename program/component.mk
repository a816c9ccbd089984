# SPDX-License-Identifier: MIT
# Commands: each file is one program of /bin.
kind := programs
uses := names proc 9p ferrite c
