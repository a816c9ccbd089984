# SPDX-License-Identifier: MIT
# Its ciphers and hashes, as it configures them.
kind := library
name := tomcrypt
uses := tommath c
sources := $(addprefix libtomcrypt/src/,ciphers/aes/aes.c ciphers/aes/aes_enc.c hashes/sha1.c hashes/md5.c \
	hashes/sha2/sha256.c hashes/sha2/sha384.c hashes/sha2/sha512.c hashes/helper/*.c mac/hmac/*.c mac/poly1305/*.c \
	modes/ctr/*.c modes/cbc/*.c misc/*.c misc/base64/*.c misc/crypt/*.c math/*.c math/fp/*.c pk/ecc/*.c encauth/gcm/*.c stream/chacha/*.c)
private := ../configuration src libtomcrypt/src/headers libtommath
flags := -std=gnu11 -DDROPBEAR_SERVER -DBUNDLED_LIBTOM -DLTC_SOURCE -DLOCALOPTIONS_H_EXISTS
