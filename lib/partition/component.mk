# SPDX-License-Identifier: MIT
kind := library
uses := c
