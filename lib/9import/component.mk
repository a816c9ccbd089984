# SPDX-License-Identifier: MIT
# A server of the protocol on channels whose files are those of a 9P2000.L server elsewhere.
kind := library
uses := thread 9key 9wire 9p ferrite c
