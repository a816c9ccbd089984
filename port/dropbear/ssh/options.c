// SPDX-License-Identifier: MIT
// Options: all as they are, but that a file that is no key in this program's form is told as that,
// with what to do about it; that a port of -L without an address has the one that it will be
// listened at; and that the program for a list of hosts is started by its path.
#include "includes.h"
#include "algo.h"
#include "buffer.h"
#include "dbutil.h"
#include "runopts.h"
#include "signkey.h"
#include "ssh.h"

enum { KIND_LEAST = 7, KIND_MOST = 64 };

// A key begins with the name of its kind, behind four bytes that are its length.
static bool is_key(const char *path)
{
    unsigned char head[4 + KIND_LEAST];
    FILE *file = fopen(path, "re");
    if (file == NULL) return false;
    size_t size = fread(head, 1, sizeof head, file);
    fclose(file);
    return size == sizeof head && head[0] == 0 && head[1] == 0 && head[2] == 0 &&
           head[3] >= KIND_LEAST && head[3] <= KIND_MOST &&
           (memcmp(head + 4, "ssh-", 4) == 0 || memcmp(head + 4, "ecdsa-", 6) == 0);
}

static int read_identity(const char *path, sign_key *key, enum signkey_type *kind)
{
    if (access(path, R_OK) == 0 && !is_key(path))
        dropbear_exit("%s is no key of this program; dropbearconvert makes one of OpenSSH's", path);
    return readhostkey(path, key, kind);
}

#define readhostkey(path, key, kind) read_identity(path, key, kind)
#define cli_getopts read_options
#include "cli-runopts.c"
#undef cli_getopts

void cli_getopts(int count, char **words)
{
    read_options(count, words);
    for (m_list_elem *at = cli_opts.localfwds->first; at; at = at->next) {
        struct TCPFwdEntry *forward = at->item;
        if (forward->listenaddr == NULL)
            forward->listenaddr = m_strdup(opts.listen_fwd_all ? "" : "localhost");
    }
    if (cli_opts.proxyexec == NULL || strchr(cli_opts.proxyexec[0], '/')) return;
    m_free(cli_opts.proxyexec[0]);
    cli_opts.proxyexec[0] = m_strdup(DROPBEAR_PATH_SSH_PROGRAM);
}
