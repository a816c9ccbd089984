# SPDX-License-Identifier: MIT
# Records what the kernel does while a command runs, for Perfetto and chrome://tracing.
kind := program
uses := trace proc 9p ferrite c
