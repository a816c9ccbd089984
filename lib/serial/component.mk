# SPDX-License-Identifier: MIT
# What all drivers of serial ports share.
kind := library
uses := 9p ferrite
