# SPDX-License-Identifier: MIT
# Its large numbers.
kind := library
name := tommath
uses := c
sources := libtommath/*.c
private := ../configuration src libtomcrypt/src/headers libtommath
flags := -std=gnu11 -DDROPBEAR_SERVER -DBUNDLED_LIBTOM -DLOCALOPTIONS_H_EXISTS
