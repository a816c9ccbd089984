# SPDX-License-Identifier: MIT
# /bin/dropbearkey: makes keys for ssh, and shows their public halves.
kind := program
uses := dropbear tomcrypt tommath c
sources := client/dropbearkey.c
private := ../configuration client libtomcrypt/src/headers libtommath
flags := -std=gnu2x -DDROPBEAR_CLIENT -DBUNDLED_LIBTOM -DLOCALOPTIONS_H_EXISTS
