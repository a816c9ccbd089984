# SPDX-License-Identifier: MIT
# efi KERNEL.ELF OUT.EFI
kind := host
uses := support
