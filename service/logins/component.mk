# SPDX-License-Identifier: MIT
# Proves who somebody is, and starts what they run: /srv/logins.
kind := service
uses := login sshkey thread proc 9p ferrite c
entitlements := resource/debug
