# SPDX-License-Identifier: MIT
# Commands: each file is one program of /bin.
kind := programs
uses := login names proc 9p ferrite c
