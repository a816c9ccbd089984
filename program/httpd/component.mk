# SPDX-License-Identifier: MIT
# Serves files by HTTP and HTTPS.
kind := program
uses := http tls ferrite c
entitlements := resource/debug
