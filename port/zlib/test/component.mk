# SPDX-License-Identifier: MIT
# zlib's own tests.
kind := programs
uses := z c
sources := test/example.c test/infcover.c test/minigzip.c
private := ../src
flags := -std=gnu17 -DHAVE_UNISTD_H
