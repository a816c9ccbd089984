# SPDX-License-Identifier: MIT
# The library as prepare.config.h configures it: what that leaves out compiles to nothing.
kind := library
name := curl
uses := mbedtls z c
sources := lib/*.c lib/*/*.c
include := ../gen/include
private := lib
flags := -std=gnu17 -D_GNU_SOURCE -DHAVE_CONFIG_H -DBUILDING_LIBCURL -DCURL_STATICLIB
