# SPDX-License-Identifier: MIT
# What the servers of disks' file systems share.
kind := library
uses := volume names 9p ferrite c
