# SPDX-License-Identifier: MIT
kind := kernel
uses := acpi cpio libsodium
arch := kernel
generated := kernel/dispatch.c
