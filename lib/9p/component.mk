# SPDX-License-Identifier: MIT
# The protocol: client and server.
kind := library
uses := ferrite
