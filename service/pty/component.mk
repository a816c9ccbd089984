# SPDX-License-Identifier: MIT
# Pseudoterminals: /dev/ptmx and /dev/pts.
kind := service
uses := terminal 9p ferrite plain
stack := 8192
