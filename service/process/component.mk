# SPDX-License-Identifier: MIT
kind := service
uses := 9p kept ferrite c
entitlements := resource/system resource/time
stack := 8192
