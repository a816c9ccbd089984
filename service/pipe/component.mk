# SPDX-License-Identifier: MIT
kind := service
uses := 9p ferrite c
stack := 8192
