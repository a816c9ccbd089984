# SPDX-License-Identifier: MIT
# What the client and the programs for keys share.
kind := library
name := dropbear
uses := tomcrypt tommath c
sources := $(addprefix client/,dbutil.c buffer.c dbhelpers.c dss.c bignum.c signkey.c rsa.c dbrandom.c queue.c \
	atomicio.c compat.c fake-rfc2553.c ltc_prng.c ecc.c ecdsa.c sk-ecdsa.c crypto_desc.c curve25519.c ed25519.c \
	sk-ed25519.c dbmalloc.c gensignkey.c gendss.c genrsa.c gened25519.c)
private := ../configuration client libtomcrypt/src/headers libtommath
flags := -std=gnu2x -DDROPBEAR_CLIENT -DBUNDLED_LIBTOM -DLOCALOPTIONS_H_EXISTS
