# SPDX-License-Identifier: MIT
# image [--entitle WORDS] [--stack SIZE] ELF OUT; image --list FILE
kind := host
uses := support
