# SPDX-License-Identifier: MIT
# A terminal for those who serve one: line discipline, and what files of it do.
kind := library
uses := 9p ferrite
