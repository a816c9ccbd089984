# SPDX-License-Identifier: MIT
# Reading /proc.
kind := library
uses := c
