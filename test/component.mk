# SPDX-License-Identifier: MIT
kind := library
name := test
uses := c
sources := unit.c
