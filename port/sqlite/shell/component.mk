# SPDX-License-Identifier: MIT
# /bin/sqlite3, the shell.
kind := program
name := sqlite3
uses := sqlite3 c
sources := shell.c
flags := -std=gnu17 -DSQLITE_OMIT_LOAD_EXTENSION -DHAVE_READLINE=0 -DHAVE_EDITLINE=0 -DSQLITE_NOHAVE_SYSTEM
