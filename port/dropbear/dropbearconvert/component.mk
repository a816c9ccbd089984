# SPDX-License-Identifier: MIT
# /bin/dropbearconvert: turns keys of OpenSSH into those of ssh, and back.
kind := program
uses := dropbear tomcrypt tommath c
sources := $(addprefix client/,dropbearconvert.c keyimport.c signkey_ossh.c)
private := ../configuration client libtomcrypt/src/headers libtommath
flags := -std=gnu2x -DDROPBEAR_CLIENT -DBUNDLED_LIBTOM -DLOCALOPTIONS_H_EXISTS
