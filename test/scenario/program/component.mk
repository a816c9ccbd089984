# SPDX-License-Identifier: MIT
# Programs that scenarios need and nobody else.
kind := programs
uses := test names sshkey 9p ferrite c
