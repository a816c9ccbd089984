# SPDX-License-Identifier: MIT
# /bin/sftp-server: the user's files for a client, over its input and output.
kind := program
uses := c
sources := sftp-server-main.c sftp-server.c sftp-common.c sftp-realpath.c \
	addr.c addrmatch.c atomicio.c fatal.c log.c match.c misc.c platform-misc.c platform-pledge.c \
	platform-tracing.c sshbuf-getput-basic.c sshbuf-misc.c sshbuf.c ssherr.c xmalloc.c \
	$(addprefix openbsd-compat/,base64.c bsd-closefrom.c bsd-misc.c fmt_scaled.c freezero.c pwcache.c recallocarray.c \
	strmode.c strtonum.c timingsafe_bcmp.c vis.c)
private := openbsd-compat/.. openbsd-compat
flags := -std=gnu17 -D_GNU_SOURCE -DHAVE_CONFIG_H -D_PATH_SSH_PROGRAM=\"/bin/ssh\" \
	-D_PATH_SFTP_SERVER=\"/bin/sftp-server\"
