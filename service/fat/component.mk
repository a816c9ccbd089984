# SPDX-License-Identifier: MIT
# Disks and cards with FAT12, FAT16, FAT32 or exFAT.
kind := service
uses := fileserver volume 9p fatfs ferrite c
entitlements := resource/debug
