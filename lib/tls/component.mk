# SPDX-License-Identifier: MIT
# TLS 1.3 over a connection that is there already: <tls/tls.h>.
kind := library
uses := mbedtls c
