# SPDX-License-Identifier: MIT
# sign [-k KEYS] [-n NAME] IN OUT
kind := host
uses := support libsodium
