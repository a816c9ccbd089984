# SPDX-License-Identifier: MIT
# A service's state that outlives it.
kind := library
uses := ferrite
