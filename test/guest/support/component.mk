# SPDX-License-Identifier: MIT
# What guest tests stand on: test/unit.h over the kernel's debug console, and helpers.
kind := library
name := guest
uses := ferrite plain
