# SPDX-License-Identifier: MIT
# SQLite's own tests that are programs in C: several processes on one database, and a workload that checks itself.
kind := programs
uses := sqlite3 c
sources := mptest/mptest.c test/speedtest1.c
flags := -std=gnu17 -DSQLITE_ENABLE_RTREE
