# SPDX-License-Identifier: MIT
# /bin/ssh: logs in elsewhere.
kind := program
uses := dropbear tomcrypt tommath c
sources := *.c $(addprefix client/,common-algo.c common-session.c packet.c common-kex.c \
	common-chansession.c termcodes.c tcp-accept.c listener.c process-packet.c dh_groups.c common-runopts.c circbuffer.c \
	list.c netio.c chachapoly.c gcm.c kex-x25519.c kex-dh.c kex-ecdh.c kex-pqhybrid.c sntrup761.c mlkem768.c cli-main.c \
	cli-auth.c cli-authpasswd.c cli-kex.c cli-session.c cli-chansession.c cli-authpubkey.c cli-tcpfwd.c \
	cli-channel.c cli-authinteract.c cli-agentfwd.c cli-readconf.c)
private := ../configuration client libtomcrypt/src/headers libtommath
flags := -std=gnu2x -DDROPBEAR_CLIENT -DBUNDLED_LIBTOM -DLOCALOPTIONS_H_EXISTS
