# SPDX-License-Identifier: MIT
kind := program
name := files
uses := c
