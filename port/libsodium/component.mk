# SPDX-License-Identifier: MIT
# Ed25519 and SHA-512, small enough for the kernel: <crypto/ed25519.h>.
kind := library
sources := *.c \
	src/libsodium/crypto_sign/ed25519/ref10/open.c \
	src/libsodium/crypto_sign/ed25519/ref10/sign.c \
	src/libsodium/crypto_core/ed25519/ref10/ed25519_ref10.c \
	src/libsodium/crypto_hash/sha512/cp/hash_sha512_cp.c \
	src/libsodium/crypto_verify/sodium/verify.c
private := src/libsodium/include src/libsodium/include/sodium \
	src/libsodium/crypto_core/ed25519/ref10
flags := -DCONFIGURED=1 -include port/libsodium/field.h -DNATIVE_LITTLE_ENDIAN=1 -DSODIUM_STATIC=1 \
	-idirafter port/libsodium/freestanding
