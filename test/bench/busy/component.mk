# SPDX-License-Identifier: MIT
# What the machine spends on work, for benchmarks through the C library.
kind := library
uses := c
