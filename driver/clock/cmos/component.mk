# SPDX-License-Identifier: MIT
kind := driver
uses := rtc 9p ferrite plain
entitlements := resource/port resource/debug priority=48
files := cmos.match=/etc/driver/cmos.match
