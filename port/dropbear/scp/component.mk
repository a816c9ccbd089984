# SPDX-License-Identifier: MIT
# /bin/scp: copies files, by ssh, and answers to the same program elsewhere.
kind := program
uses := dropbear c
sources := $(addprefix client/,scp.c progressmeter.c scpmisc.c)
private := ../configuration client libtomcrypt/src/headers libtommath
flags := -std=gnu2x -DDROPBEAR_CLIENT -DBUNDLED_LIBTOM -DLOCALOPTIONS_H_EXISTS -DPROGRESS_METER
