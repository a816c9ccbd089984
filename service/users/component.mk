# SPDX-License-Identifier: MIT
# Users as files.
kind := service
uses := 9p ferrite plain
