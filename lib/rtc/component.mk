# SPDX-License-Identifier: MIT
# What all drivers of real-time clocks share.
kind := library
uses := 9p ferrite
