# SPDX-License-Identifier: MIT
# Conversations by the files of net(4), for services that have no sockets.
kind := library
uses := 9p ferrite c
