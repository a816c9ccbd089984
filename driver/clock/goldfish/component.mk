# SPDX-License-Identifier: MIT
kind := driver
uses := rtc 9p ferrite plain
entitlements := resource/dma resource/debug priority=48
files := goldfish.match=/etc/driver/goldfish.match
