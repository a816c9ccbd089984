// SPDX-License-Identifier: MIT
// Makes connections to itself.
//     dial row COUNT      COUNT of them, one after the other; a byte goes each way
//     dial idle COUNT     COUNT at a time, which wait until a line comes; a byte goes through each
// What goes wrong ends it.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum : int { BACKLOG = 8, MOST = 12000 };

static int listener;
static struct sockaddr_in place = {.sin_family = AF_INET};

struct connection {
    int near, far;
};

[[noreturn]] static void die(const char *what)
{
    printf("dial: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void listen_somewhere(void)
{
    socklen_t size = sizeof place;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&place, size) != 0) die("bind");
    if (listen(listener, BACKLOG) != 0) die("listen");
    if (getsockname(listener, (struct sockaddr *)&place, &size) != 0) die("getsockname");
}

static struct connection dial(void)
{
    struct connection made = {.near = socket(AF_INET, SOCK_STREAM, 0)};
    if (made.near < 0) die("socket");
    if (connect(made.near, (struct sockaddr *)&place, sizeof place) != 0) die("connect");
    made.far = accept(listener, nullptr, nullptr);
    if (made.far < 0) die("accept");
    return made;
}

static void pass(int from, int to)
{
    char byte = 'x';
    if (write(from, &byte, 1) != 1) die("write");
    if (read(to, &byte, 1) != 1 || byte != 'x') die("read");
}

static void hang_up(const struct connection *connection)
{
    pass(connection->near, connection->far);
    pass(connection->far, connection->near);
    if (close(connection->near) != 0 || close(connection->far) != 0) die("close");
}

int main(int count, char **arguments)
{
    static struct connection made[MOST];
    int wanted = count == 3 ? atoi(arguments[2]) : 0;
    if (wanted <= 0 || wanted > MOST) return 2;
    listen_somewhere();
    if (strcmp(arguments[1], "row") == 0) {
        for (int i = 0; i < wanted; i++) {
            struct connection one = dial();
            hang_up(&one);
        }
        return 0;
    }
    for (int i = 0; i < wanted; i++) made[i] = dial();
    puts("all wait");
    fflush(stdout);
    (void)getchar();
    for (int i = 0; i < wanted; i++) hang_up(&made[i]);
    return 0;
}
