# SPDX-License-Identifier: MIT
# A terminal's screen on the picture that the boot loader set up.
kind := driver
uses := 9p terminus ferrite plain
entitlements := resource/debug priority=48
files := framebuffer.match=/etc/driver/framebuffer.match
