# SPDX-License-Identifier: MIT
kind := driver
uses := serial 9p ferrite plain
entitlements := resource/port resource/debug priority=48
files := ns16550.match=/etc/driver/ns16550.match
stack := 8192
