# SPDX-License-Identifier: MIT
kind := library
uses := 9p ferrite
