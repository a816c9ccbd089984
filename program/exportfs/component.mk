# SPDX-License-Identifier: MIT
# Serves a folder of the namespace as 9P2000.L over TCP.
kind := program
uses := names thread 9key 9wire 9p ferrite c
