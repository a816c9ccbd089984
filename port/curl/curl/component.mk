# SPDX-License-Identifier: MIT
# The program, /bin/curl.
kind := program
uses := curl z c
sources := src/*.c
exclude := src/curlinfo.c
private := lib lib/curlx src
flags := -std=gnu17 -D_GNU_SOURCE -DHAVE_CONFIG_H -DCURL_STATICLIB
