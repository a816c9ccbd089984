# SPDX-License-Identifier: MIT
kind := service
uses := 9p kept proc ferrite c
entitlements := resource/system resource/time
stack := 8192
