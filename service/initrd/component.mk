# SPDX-License-Identifier: MIT
# The archive that the machine was started with, as a read-only file system.
kind := service
uses := 9p cpio ferrite plain
entitlements := resource/debug
stack := 8192
