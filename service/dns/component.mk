# SPDX-License-Identifier: MIT
# Answers questions about names of hosts, below /net.
kind := service
uses := dial 9p ferrite c
entitlements := resource/debug
