# SPDX-License-Identifier: MIT
# FatFs with what a server of files needs besides (entry.c); whoever uses it supplies disk_read() and
# its like, and get_fattime().
kind := library
uses := c
sources := entry.c fatfs/source/ffunicode.c
include := configuration fatfs/source
private := fatfs/source
flags := -std=c11
