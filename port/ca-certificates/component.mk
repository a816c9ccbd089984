# SPDX-License-Identifier: MIT
# The authorities that are trusted unless a program is told others: of them prepare makes one file.
kind := files
files := out/port/ca-certificates/gen/authorities.pem=/etc/ssl/certs/ca-certificates.crt
