# SPDX-License-Identifier: MIT
kind := service
uses := fifo 9p ferrite c
stack := 8192
