// SPDX-License-Identifier: MIT
// Tries to reach more of the network than its view of /net allows, which is the port that it is
// given at 10.0.2.2 for tcp and udp, and the local port 7000 of udp: see test/scenario/views.py.
// Prints what it got hold of, and ends with 1 if that is anything. Without an argument it looks
// whether /net is a view at all, as the unit `viewed` does.
#include "session.h"

#include <9p/mount.h>
#include <abi/9p.h>
#include <abi/9p_operations.h>
#include <abi/syscalls.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ferrite/handle.h>
#include <ferrite/namespace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum : uint16_t { LOCAL = 7000 };
enum : uint32_t { FIDS = 2000, CONVERSATIONS = 40 };

static const char *const protocols[] = {"tcp", "udp", "icmp", "icmpv6"};
static int reached;

static void reach(const char *what, const char *how)
{
    printf("reached %s by %s\n", what, how);
    reached++;
}

static struct sockaddr_in end(const char *address, int port)
{
    struct sockaddr_in made = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, address, &made.sin_addr);
    return made;
}

// Names of others' conversations, and of what configures the host.
static void try_names(void)
{
    static const char *const names[] = {
        "/net/ctl",        "/net/view",           "/net/interfaces",   "/net/statistics",
        "/net/icmp/clone", "/net/icmpv6/clone",   "/net/../tcp/clone", "/net/resolv.conf",
        "/net/1/tcp",      "/net/view/tcp/clone", "/net/dns",          "/net/cs"};
    char path[80];
    struct stat status;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], "/net/../tcp/clone") != 0 && stat(names[i], &status) == 0)
            reach(names[i], "its name");
    }
    for (uint32_t i = 0; i < CONVERSATIONS; i++) {
        snprintf(path, sizeof path, "/net/%s/%u/data", protocols[i % 2], i / 2);
        if (stat(path, &status) == 0) reach(path, "its number");
    }
}

// The mount's own session, without the library that resolves names.
static void try_session(fe_handle session)
{
    static const char *const paths[] = {"..",    "../tcp/clone", "view", "view/tcp",
                                        "ctl",   "icmp",         "../",  "tcp/..",
                                        "../..", "tcp/../../ctl"};
    const uint64_t attach[3] = {FE_9P_SAME_IDENTITY, FE_9P_VERSION, FE_9P_KEEP};
    const uint64_t walk[3] = {FE_9P_ROOT_FID, FE_9P_NO_FID, FE_9P_NO_FOLLOW};
    const uint64_t open[3] = {FE_9P_ROOT_FID, 77, OPEN_READ};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (ask(session, P9_ATTACH, attach, paths[i]) == 0) reach(paths[i], "attaching");
        if (ask(session, P9_WALK, walk, paths[i]) == 0) reach(paths[i], "walking");
        if (ask(session, P9_OPEN, open, paths[i]) == 0) reach(paths[i], "opening");
    }
    for (uint32_t fid = FE_9P_ROOT_FID + 1; fid < FIDS; fid++) {
        const uint64_t forged[3] = {fid, FE_9P_NO_FID, 8};
        if (ask(session, P9_WALK, forged, "ctl") == 0) reach("a file", "a fid that is not its own");
        if (ask(session, P9_WALK, forged, "tcp") == 0) reach("a root", "a fid that is not its own");
    }
}

static void try_sessions(void)
{
    struct p9_mounts mounts;
    char start[4096];
    size_t size;
    if (p9_mounts_read(fe_namespace_self(), &mounts) != 0) return;
    for (size_t i = 0; i < mounts.count; i++) {
        fe_handle session;
        if (strcmp(mounts.entry[i].path, "/net") != 0) continue;
        if (fe_namespace_session(fe_namespace_self(), mounts.entry[i].mount, start, sizeof start,
                                 &session, &size) == OK)
            try_session(session);
    }
    p9_mounts_free(&mounts);
}

static void try_connect(int kind, const char *address, int port)
{
    char what[80];
    const struct sockaddr_in far = end(address, port);
    int made = socket(AF_INET, kind, 0);
    snprintf(what, sizeof what, "%s!%d", address, port);
    if (connect(made, (const void *)&far, sizeof far) == 0) reach(what, "connect");
    if (errno != EACCES) reach(what, "an error of the network's");
    if (kind == SOCK_DGRAM && sendto(made, "x", 1, 0, (const void *)&far, sizeof far) >= 0)
        reach(what, "sendto");
    close(made);
}

static void try_peers(int allowed)
{
    static const char *const addresses[] = {"10.0.2.3", "127.0.0.1", "10.0.2.15",
                                            "255.255.255.255"};
    for (int kind = SOCK_STREAM; kind <= SOCK_DGRAM; kind += SOCK_DGRAM - SOCK_STREAM) {
        try_connect(kind, "10.0.2.2", allowed + 1);
        for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
            try_connect(kind, addresses[i], allowed);
    }
}

static void try_ports(void)
{
    for (int kind = SOCK_STREAM; kind <= SOCK_DGRAM; kind += SOCK_DGRAM - SOCK_STREAM) {
        const struct sockaddr_in wrong = end("0.0.0.0", LOCAL + 1), right = end("0.0.0.0", LOCAL);
        int made = socket(AF_INET, kind, 0);
        if (bind(made, (const void *)&wrong, sizeof wrong) == 0) reach("a port", "bind");
        if (kind == SOCK_STREAM && listen(made, 5) == 0) reach("calls", "listen");
        if ((bind(made, (const void *)&right, sizeof right) == 0) != (kind == SOCK_DGRAM))
            reach("the port of another protocol, or not its own", "bind");
        close(made);
    }
}

// What it is given works.
static void use(int allowed)
{
    const struct sockaddr_in far = end("10.0.2.2", allowed);
    int made = socket(AF_INET, SOCK_STREAM, 0);
    struct stat status;
    if (connect(made, (const void *)&far, sizeof far) != 0)
        reach("nothing", "the way it was given");
    if (stat("/net/tcp/clone", &status) != 0) reach("nothing", "the name it was given");
    close(made);
}

int main(int count, char **arguments)
{
    struct stat status;
    setvbuf(stdout, nullptr, _IOLBF, 0);
    if (count != 2) return stat("/net/rules", &status) != 0 || stat("/net/ctl", &status) == 0;
    int allowed = atoi(arguments[1]);
    use(allowed);
    try_names();
    try_sessions();
    try_peers(allowed);
    try_ports();
    printf("%d reached\n", reached);
    return reached != 0;
}
