// SPDX-License-Identifier: MIT
// What is compiled. Of the server: one connection, on standard input; keys of Ed25519 for the host.
#pragma once

#define NON_INETD_MODE 0
#define INETD_MODE 1
#define DROPBEAR_REEXEC 0
#define DROPBEAR_DELAY_HOSTKEY 0
#define DROPBEAR_SMALL_CODE 0

#define DROPBEAR_X11FWD 0
#define DROPBEAR_SVR_LOCALTCPFWD 1
#define DROPBEAR_SVR_REMOTETCPFWD 1
#define DROPBEAR_SVR_LOCALSTREAMFWD 0
#define DROPBEAR_SVR_AGENTFWD 0

#define DROPBEAR_SVR_MULTIUSER 1
#define DROPBEAR_SVR_DROP_PRIVS 0
#define DROPBEAR_SVR_PASSWORD_AUTH 1
#define DROPBEAR_SVR_PUBKEY_AUTH 1
#define DROPBEAR_SVR_PUBKEY_OPTIONS 0
#define DROPBEAR_SK_KEYS 0
#define MAX_AUTH_TRIES 6
#define AUTH_TIMEOUT 60

#define DO_MOTD 0
#define DROPBEAR_SFTPSERVER 1
#define SFTPSERVER_PATH "/bin/sftp-server"

// Keys are agreed on by what uses Curve25519 alone.
#define DROPBEAR_ECDH 0
#define DROPBEAR_DH_GROUP14_SHA256 0

#define DEFAULT_KEEPALIVE 60
#define DEFAULT_RECV_WINDOW 262144

#define DROPBEAR_PATH_SSH_PROGRAM "/bin/ssh"
#define DROPBEAR_CLI_AGENTFWD 0
