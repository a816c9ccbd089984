# SPDX-License-Identifier: MIT
kind := kernel
uses := acpi libsodium
arch := kernel
generated := kernel/dispatch.c
