# SPDX-License-Identifier: MIT
# Takes connections of SSH, and gives each a process that holds nothing else: port/dropbear.
kind := service
uses := sshkey dial 9p ferrite c
entitlements := resource/debug
