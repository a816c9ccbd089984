// SPDX-License-Identifier: MIT
// keep ADDRESS PORT [send]: connects, asks to be told when the other end has vanished, waits for a
// byte or sends without end, and tells of what came of it: see test/scenario/floods.py.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int set(int socket, int level, int option, int value)
{
    return setsockopt(socket, level, option, &value, sizeof value);
}

int main(int count, char **arguments)
{
    static const char many[1 << 14];
    char byte;
    if (count != 3 && count != 4) return 2;
    struct sockaddr_in far = {.sin_family = AF_INET,
                              .sin_port = htons((uint16_t)atoi(arguments[2]))};
    inet_pton(AF_INET, arguments[1], &far.sin_addr);
    int made = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(made, (const void *)&far, sizeof far) != 0) {
        perror("connect");
        return 1;
    }
    if (set(made, SOL_SOCKET, SO_KEEPALIVE, 1) != 0 || set(made, IPPROTO_TCP, TCP_KEEPIDLE, 1) ||
        set(made, IPPROTO_TCP, TCP_KEEPINTVL, 1) || set(made, IPPROTO_TCP, TCP_KEEPCNT, 2)) {
        perror("setsockopt");
        return 1;
    }
    if (set(made, IPPROTO_TCP, TCP_KEEPIDLE, 0) == 0) puts("no time is taken for a time");
    puts("connected");
    fflush(stdout);
    ssize_t size;
    do size = count == 4 ? write(made, many, sizeof many) : read(made, &byte, 1);
    while (count == 4 && size > 0);
    if (size < 0) perror(count == 4 ? "write" : "read");
    return size < 0 ? 0 : 1;
}
