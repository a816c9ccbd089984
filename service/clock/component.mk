# SPDX-License-Identifier: MIT
kind := service
uses := 9p ferrite plain
entitlements := resource/system resource/debug
