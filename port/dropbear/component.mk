# SPDX-License-Identifier: MIT
# The server's half for one connection, without its own ways to prove users, to open terminals and to start
# programs, and without the host's private key: those are here, and ask the service of logins. A file of this
# folder takes some of the other half's functions out and includes the rest.
kind := service
name := ssh
uses := tomcrypt tommath 9p posix ferrite c
sources := *.c \
	$(addprefix src/,dbutil.c buffer.c dbhelpers.c dss.c bignum.c signkey.c rsa.c dbrandom.c queue.c atomicio.c \
	compat.c fake-rfc2553.c ltc_prng.c ecc.c ecdsa.c sk-ecdsa.c crypto_desc.c curve25519.c ed25519.c sk-ed25519.c \
	dbmalloc.c common-algo.c packet.c common-chansession.c termcodes.c loginrec.c \
	listener.c process-packet.c dh_groups.c common-runopts.c circbuffer.c list.c netio.c chachapoly.c \
	gcm.c kex-x25519.c kex-dh.c kex-ecdh.c kex-pqhybrid.c sntrup761.c mlkem768.c svr-auth.c \
	svr-authpubkeyoptions.c svr-session.c svr-service.c svr-agentfwd.c svr-main.c svr-x11fwd.c)
private := configuration src libtomcrypt/src/headers libtommath
flags := -std=gnu2x -DDROPBEAR_SERVER -DBUNDLED_LIBTOM -DLOCALOPTIONS_H_EXISTS -include seam.h
