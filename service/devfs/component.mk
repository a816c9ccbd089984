# SPDX-License-Identifier: MIT
# The devices that are no hardware: null, zero, full, random and urandom.
kind := service
uses := 9p ferrite plain
stack := 8192
