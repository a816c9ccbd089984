# SPDX-License-Identifier: MIT
# Files in memory: /, /tmp, /home.
kind := service
uses := 9p ferrite plain
stack := 8192
