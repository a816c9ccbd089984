// SPDX-License-Identifier: MIT
// What TCP costs, driver, service and program together: lines `BENCH operation instructions` under
// the emulator's counting clock. Only the time counts in which the CPU is not idle: how fast the
// host is says nothing. For what goes over the card, a process of the host connects when a line
// `PEER operation` tells it to, and sends or receives as long as it is let (tool/support/peer.py).
// Arguments: where to write, and an operation that is repeated for ever instead, for tool/profile.
#include <busy/busy.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

enum : size_t { MIB = 1 << 20, PIECE = 64 << 10 };
enum { SAMPLES = 9, SETTLING = 2, PORT = 7000, BACKLOG = 8 }; // SETTLING in seconds
enum : int { CONNECTIONS = 10'000 };

static char buffer[PIECE], other_buffer[PIECE];
static int near, far; // the ends of a connection
static uint64_t samples[SAMPLES];

// --- Connections -------------------------------------------------------------------------------

static int listen_at(struct sockaddr_in *place)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    socklen_t size = sizeof *place;
    if (listener < 0) return -1;
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(listener, (struct sockaddr *)place, size) == 0 && listen(listener, BACKLOG) == 0 &&
        getsockname(listener, (struct sockaddr *)place, &size) == 0)
        return listener;
    close(listener);
    return -1;
}

// With the process of the host.
static bool meet_peer(const char *name)
{
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    int listener = listen_at(&place);
    if (listener < 0) return false;
    printf("PEER %s\n", name);
    near = accept(listener, nullptr, nullptr);
    far = -1;
    return close(listener) == 0 && near >= 0;
}

static bool dial(int listener, const struct sockaddr_in *place, int *from, int *to)
{
    *from = socket(AF_INET, SOCK_STREAM, 0);
    if (*from < 0 || connect(*from, (const struct sockaddr *)place, sizeof *place) != 0)
        return false;
    *to = accept(listener, nullptr, nullptr);
    return *to >= 0;
}

// Both ends here.
static bool meet_self(const char *)
{
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = listen_at(&place), on = 1;
    return listener >= 0 && dial(listener, &place, &near, &far) && close(listener) == 0 &&
           setsockopt(near, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
           setsockopt(far, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
}

// --- What the other end does: until the connection is over -------------------------------------

static void *send_all(void *)
{
    while (write(far, other_buffer, sizeof other_buffer) > 0) continue;
    return nullptr;
}

static void *echo(void *)
{
    while (read(far, other_buffer, 1) == 1 && write(far, other_buffer, 1) == 1) continue;
    return nullptr;
}

// --- Operations --------------------------------------------------------------------------------

static bool receive_mib(void)
{
    for (size_t done = 0; done < MIB;) {
        size_t count = MIB - done < sizeof buffer ? MIB - done : sizeof buffer;
        ssize_t got = read(near, buffer, count);
        if (got <= 0) return false;
        done += (size_t)got;
    }
    return true;
}

static bool send_mib(void)
{
    for (size_t done = 0; done < MIB; done += sizeof buffer)
        if (write(near, buffer, sizeof buffer) != (ssize_t)sizeof buffer) return false;
    return true;
}

static bool pass_byte(void)
{
    return write(near, buffer, 1) == 1 && read(near, buffer, 1) == 1;
}

static const struct operation {
    const char *name;
    bool (*meet)(const char *name);
    void *(*other)(void *); // nullptr: is elsewhere
    bool (*run)(void);
    int per; // how often one sample runs it
} operations[] = {
    {"net_download_mib", meet_peer, nullptr, receive_mib, 16},
    {"net_upload_mib", meet_peer, nullptr, send_mib, 16},
    {"net_loopback_mib", meet_self, send_all, receive_mib, 16},
    {"net_loopback_roundtrip", meet_self, echo, pass_byte, 100},
};
enum : size_t { OPERATIONS = sizeof operations / sizeof *operations };

static int compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static bool sample(const struct operation *operation, uint64_t *taken)
{
    uint64_t start, end;
    if (!busy_now(&start)) return false;
    for (int i = 0; i < operation->per; i++)
        if (!operation->run()) return false;
    if (!busy_now(&end)) return false;
    *taken = (end - start) / (uint64_t)operation->per;
    return true;
}

static bool take_samples(const struct operation *operation)
{
    uint64_t unused;
    bool good = sample(operation, &unused); // windows are open, memory is there
    for (int i = 0; good && i < SAMPLES; i++) good = sample(operation, &samples[i]);
    if (!good) return false;
    qsort(samples, SAMPLES, sizeof *samples, compare);
    printf("BENCH %s %llu\n", operation->name, (unsigned long long)samples[SAMPLES / 2]);
    return true;
}

static bool repeat(const struct operation *operation)
{
    puts("PROFILE");
    while (operation->run()) continue;
    return false;
}

static bool measure(const struct operation *operation, bool (*how)(const struct operation *))
{
    pthread_t thread;
    if (!operation->meet(operation->name)) return false;
    if (operation->other && pthread_create(&thread, nullptr, operation->other, nullptr) != 0)
        return false;
    bool good = how(operation);
    close(near); // which ends what the other does
    if (operation->other && pthread_join(thread, nullptr) != 0) return false;
    return (far < 0 || close(far) == 0) && good;
}

// Bytes that one connection takes that waits, both ends of it here: of the service and of the
// program.
static bool measure_idle(void)
{
    static int ends[CONNECTIONS][2];
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sysinfo before, after;
    int listener = listen_at(&place);
    if (listener < 0 || sysinfo(&before) != 0) return false;
    for (int i = 0; i < CONNECTIONS; i++)
        if (!dial(listener, &place, &ends[i][0], &ends[i][1])) return false;
    if (sysinfo(&after) != 0) return false;
    uint64_t taken = (uint64_t)(before.freeram - after.freeram) * before.mem_unit;
    printf("BENCH net_idle_connections %llu\n", (unsigned long long)(taken / CONNECTIONS));
    for (int i = 0; i < CONNECTIONS; i++) {
        near = ends[i][0], far = ends[i][1];
        if (write(far, buffer, 1) != 1 || read(near, buffer, 1) != 1) return false;
        if (close(near) != 0 || close(far) != 0) return false;
    }
    return close(listener) == 0;
}

static bool measure_all(void)
{
    bool good = sleep(SETTLING) == 0;
    for (size_t i = 0; good && i < OPERATIONS; i++) good = measure(&operations[i], take_samples);
    return good && measure_idle();
}

static bool repeat_named(const char *name)
{
    size_t which = 0;
    while (which < OPERATIONS && strcmp(operations[which].name, name) != 0) which++;
    return which != OPERATIONS && measure(&operations[which], repeat);
}

int main(int count, char **arguments)
{
    if (count < 2 || freopen(arguments[1], "w", stdout) == nullptr) return 2;
    setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
    bool good = count > 2 ? repeat_named(arguments[2]) : measure_all();
    if (!good) printf("FAIL %s\n", strerror(errno));
    puts("END");
    return good ? 0 : 1;
}
