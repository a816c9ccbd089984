# SPDX-License-Identifier: MIT
kind := driver
uses := 9p ferrite c
files := hang.match=/etc/driver/hang.match
entitlements := resource/dma resource/debug
