# SPDX-License-Identifier: MIT
# Keeps the time of day as time servers tell it.
kind := service
uses := dial 9p ferrite c
entitlements := resource/system resource/debug priority=40
