# SPDX-License-Identifier: MIT
# Public keys and signatures as SSH has them.
kind := library
uses := mbedtls libsodium c
