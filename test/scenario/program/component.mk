# SPDX-License-Identifier: MIT
# Programs that scenarios need and nobody else.
kind := programs
uses := test 9p ferrite c
