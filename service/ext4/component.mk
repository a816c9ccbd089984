# SPDX-License-Identifier: MIT
# Disks with the file system of Linux: ext4, ext3, ext2.
kind := service
uses := fifo fileserver kept volume 9p ext2fs ferrite c
entitlements := resource/debug
flags := -D_GNU_SOURCE -DHAVE_SYS_TYPES_H
