# SPDX-License-Identifier: MIT
# Asks for name and password, then runs the user's shell in the user's namespace.
kind := program
uses := login 9p ferrite c
