# SPDX-License-Identifier: MIT
# Benchmarks of what goes through the C library and its servers; its unit starts it when the machine is up.
kind := program
name := library
uses := recover c
