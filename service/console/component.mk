# SPDX-License-Identifier: MIT
# The terminal: line discipline and job control over a serial port.
kind := service
uses := terminal kept 9p ferrite plain
entitlements := resource/debug
