# SPDX-License-Identifier: MIT
# Namespaces for programs with a working directory: bind, mount, unmount, and namespace files.
kind := library
uses := 9p ferrite c
