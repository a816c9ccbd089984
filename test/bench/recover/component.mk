# SPDX-License-Identifier: MIT
# How long those that were killed take to answer again.
kind := library
uses := c
