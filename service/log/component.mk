# SPDX-License-Identifier: MIT
kind := service
uses := 9p kept ferrite c
entitlements := resource/debug
