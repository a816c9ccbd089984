# SPDX-License-Identifier: MIT
# The kernel's trace rings as files.
kind := service
uses := trace 9p ferrite c
entitlements := resource/system
