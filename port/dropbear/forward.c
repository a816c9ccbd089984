// SPDX-License-Identifier: MIT
// Connections that a client asks for ("direct-tcpip", RFC 4254, section 7.2), in the place of
// svr-tcpfwd.c, with listen.c. They are made by the files that the user has at /net. Asking for a
// name and connecting take their time: a thread does it for each, and wakes the loop by a pipe.
#include "forward.h"
#include "includes.h"
#include "channel.h"
#include "dbutil.h"
#include "listener.h"
#include "session.h"
#include "ssh.h"
#include "tcpfwd.h"

#include "login.h"

#include <pthread.h>

enum { WAKE = 0x77616b65 }; // the kind of listener
enum : size_t { STACK_SIZE = FORWARD_WINDOW };

struct attempt {
    struct attempt *next;
    struct Channel *channel; // nullptr: it is gone
    char *host, port[8];
    int result; // a descriptor or a negative errno
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct attempt *done; // under the lock
static int wake[2];
static unsigned lost; // attempts whose channel is gone

unsigned forward_count(void)
{
    unsigned count = lost;
    for (unsigned i = 0; i < ses.chansize; i++)
        count += ses.channels[i] != nullptr && ses.channels[i]->type != &svrchansess;
    return count;
}

// --- The thread ---

static int connect_to(const struct addrinfo *to)
{
    int descriptor = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    if (connect(descriptor, to->ai_addr, to->ai_addrlen) == 0) return descriptor;
    int error = errno;
    close(descriptor);
    return -error;
}

static int connect_by_address(const char *address, const char *port)
{
    struct addrinfo *to,
        wish = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    if (getaddrinfo(address, port, &wish, &to) != 0) return -EINVAL;
    int result = connect_to(to);
    freeaddrinfo(to);
    return result;
}

// The name service tells a line for each address: a file, ADDRESS!PORT. `result` is what came of
// others before, and stays when there are none of this version.
static int connect_by_answer(int service, const char *port, bool is_six, int result)
{
    char line[128];
    ssize_t size;
    while (result < 0 && (size = read(service, line, sizeof line - 1)) > 0) {
        line[size] = '\0';
        char *address = strchr(line, ' ');
        if (address == nullptr) continue;
        address++;
        address[strcspn(address, "!\n")] = '\0';
        if ((strchr(address, ':') != nullptr) == is_six) result = connect_by_address(address, port);
    }
    return result;
}

// By IPv6 first, as the C library has it; where no way leads there, that fails at once. It is asked
// twice, for the same answer.
static int connect_by_name(const char *name, const char *port)
{
    char question[MAX_HOST_LEN + 32];
    if (name[strcspn(name, "! \n")] != '\0') return -ENOENT;
    int service = open("/net/cs", O_RDWR | O_CLOEXEC), result = -ENOENT;
    if (service < 0) return -ENOENT;
    int size = snprintf(question, sizeof question, "tcp!%s!%s", name, port);
    for (int is_six = 1; is_six >= 0 && result < 0; is_six--) {
        if (write(service, question, (size_t)size) != size) {
            result = -errno;
            break;
        }
        result = connect_by_answer(service, port, is_six != 0, result);
    }
    close(service);
    return result;
}

static void *attempt_run(void *argument)
{
    struct attempt *attempt = argument;
    struct in6_addr address;
    bool is_address =
        inet_pton(AF_INET, attempt->host, &address) == 1 || strchr(attempt->host, ':') != nullptr;
    attempt->result = is_address ? connect_by_address(attempt->host, attempt->port)
                                 : connect_by_name(attempt->host, attempt->port);
    pthread_mutex_lock(&lock);
    attempt->next = done;
    done = attempt;
    pthread_mutex_unlock(&lock);
    (void)!write(wake[1], "", 1); // when it is full the loop wakes anyhow
    return nullptr;
}

// --- The loop ---

static void attempt_free(struct attempt *attempt)
{
    free(attempt->host);
    free(attempt);
}

static void attempt_finish(struct attempt *attempt)
{
    struct Channel *channel = attempt->channel;
    int descriptor = attempt->result;
    if (channel == nullptr) {
        lost--;
        m_close(descriptor);
    } else if (descriptor < 0) {
        channel->typedata = nullptr;
        channel_connect_done(DROPBEAR_FAILURE, -1, channel, strerror(-descriptor));
    } else {
        channel->typedata = nullptr;
        setnonblocking(descriptor);
        set_sock_nodelay(descriptor);
        ses.maxfd = MAX(ses.maxfd, descriptor);
        channel_connect_done(DROPBEAR_SUCCESS, descriptor, channel, nullptr);
    }
    attempt_free(attempt);
}

static void take_done(const struct Listener *listener, int descriptor)
{
    char bytes[64];
    while (read(descriptor, bytes, sizeof bytes) > 0) continue;
    pthread_mutex_lock(&lock);
    struct attempt *list = done;
    done = nullptr;
    pthread_mutex_unlock(&lock);
    while (list != nullptr) {
        struct attempt *next = list->next;
        attempt_finish(list);
        list = next;
    }
}

static bool prepare(void)
{
    static bool is_prepared;
    if (is_prepared) return true;
    if (pipe(wake) != 0) return false;
    setnonblocking(wake[0]);
    setnonblocking(wake[1]);
    is_prepared = new_listener(wake, 1, WAKE, nullptr, take_done, nullptr) != nullptr;
    return is_prepared;
}

static bool attempt_start(struct attempt *attempt)
{
    pthread_attr_t how;
    pthread_t thread;
    pthread_attr_init(&how);
    pthread_attr_setdetachstate(&how, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&how, STACK_SIZE);
    return pthread_create(&thread, &how, attempt_run, attempt) == 0;
}

static int attempt_begin(struct Channel *channel, const char *host, unsigned port)
{
    struct attempt *attempt = calloc(1, sizeof *attempt);
    if (attempt == nullptr) return SSH_OPEN_RESOURCE_SHORTAGE;
    attempt->channel = channel;
    attempt->host = strdup(host);
    snprintf(attempt->port, sizeof attempt->port, "%u", port);
    if (attempt->host == nullptr || !prepare() || !attempt_start(attempt)) {
        attempt_free(attempt);
        return SSH_OPEN_RESOURCE_SHORTAGE;
    }
    channel->typedata = attempt;
    return SSH_OPEN_IN_PROGRESS;
}

static void set_window(struct Channel *channel)
{
    cbuf_free(channel->writebuf);
    channel->writebuf = cbuf_new(FORWARD_WINDOW);
    channel->recvwindow = FORWARD_WINDOW;
}

static int open_direct(struct Channel *channel)
{
    unsigned size, port;
    char *host = buf_getstring(ses.payload, &size);
    port = buf_getint(ses.payload);
    int result;
    set_window(channel);
    if (size > MAX_HOST_LEN || strlen(host) != size || port == 0 || port > UINT16_MAX)
        result = SSH_OPEN_CONNECT_FAILED;
    else if (forward_count() > FORWARDS_MOST) // with this one
        result = SSH_OPEN_RESOURCE_SHORTAGE;
    else if (login_network() != 0)
        result = SSH_OPEN_ADMINISTRATIVELY_PROHIBITED;
    else
        result = attempt_begin(channel, host, port);
    m_free(host);
    return result;
}

static void forget(const struct Channel *channel)
{
    struct attempt *attempt = channel->typedata;
    if (attempt == nullptr) return;
    attempt->channel = nullptr;
    lost++;
}

const struct ChanType svr_chan_tcpdirect = {
    .name = "direct-tcpip", .inithandler = open_direct, .cleanup = forget};
