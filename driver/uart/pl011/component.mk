# SPDX-License-Identifier: MIT
kind := driver
uses := serial 9p ferrite plain
entitlements := resource/debug priority=48
files := pl011.match=/etc/driver/pl011.match
