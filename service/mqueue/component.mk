# SPDX-License-Identifier: MIT
# Message queues: /dev/mqueue.
kind := service
uses := 9p ferrite plain
stack := 8192
