# SPDX-License-Identifier: MIT
kind := driver
uses := rtc 9p ferrite plain
entitlements := resource/dma resource/debug priority=48
files := pl031.match=/etc/driver/pl031.match
