# SPDX-License-Identifier: MIT
# TLS for programs that do not speak it.
kind := program
uses := tls c
