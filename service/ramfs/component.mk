# SPDX-License-Identifier: MIT
# Files in memory: /, /tmp, /home.
kind := service
uses := fifo 9p ferrite plain
stack := 8192
