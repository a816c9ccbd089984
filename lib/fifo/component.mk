# SPDX-License-Identifier: MIT
# Bytes on their way from writers to readers: pipes, with names or without.
kind := library
uses := 9p ferrite
