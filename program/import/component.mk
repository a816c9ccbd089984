# SPDX-License-Identifier: MIT
# Mounts a 9P2000.L server that is reached over TCP.
kind := program
uses := names 9import thread 9key 9wire 9p ferrite c
