// SPDX-License-Identifier: MIT
// Calls that are taken here for a client ("tcpip-forward", RFC 4254, section 7.1), by the files
// that the user has at /net: at the address that the client names.
#include "forward.h"
#include "includes.h"
#include "channel.h"
#include "dbutil.h"
#include "listener.h"
#include "netio.h"
#include "packet.h"
#include "runopts.h"
#include "session.h"
#include "ssh.h"
#include "tcpfwd.h"

#include "login.h"

enum : unsigned { FORWARDS_LISTENED = 10 };

struct place { // at which calls are taken
    char *address; // as the client named it
    unsigned port, asked;
};

static const struct ChanType forwarded_type = {.name = "forwarded-tcpip"};

static void place_free(struct place *place)
{
    m_free(place->address);
    free(place);
}

static void forget(const struct Listener *listener)
{
    place_free(listener->typedata);
}

// --- Calls ---

static int send_open(int descriptor)
{
    unsigned window = opts.recv_window;
    opts.recv_window = FORWARD_WINDOW; // of this channel
    int result = send_msg_channel_open_init(descriptor, &forwarded_type);
    opts.recv_window = window;
    return result;
}

static void take_call(const struct Listener *listener, int socket)
{
    const struct place *place = listener->typedata;
    struct sockaddr_storage from;
    socklen_t size = sizeof from;
    char host[NI_MAXHOST] = "", port[NI_MAXSERV] = "0";
    int descriptor = accept(socket, (struct sockaddr *)&from, &size);
    if (descriptor < 0) return;
    getnameinfo((struct sockaddr *)&from, size, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    set_sock_nodelay(descriptor);
    if (forward_count() >= FORWARDS_MOST || send_open(descriptor) != DROPBEAR_SUCCESS) {
        close(descriptor);
        return;
    }
    buf_putstring(ses.writepayload, place->address, strlen(place->address));
    buf_putint(ses.writepayload, place->port);
    buf_putstring(ses.writepayload, host, strlen(host));
    buf_putint(ses.writepayload, (unsigned)atoi(port));
    encrypt_packet();
}

// --- Requests ---

static bool is_here(const struct Listener *listener, const struct place *place)
{
    if (listener == nullptr || listener->type != CHANNEL_ID_TCPFORWARDED) return false;
    const struct place *own = listener->typedata;
    return (own->port == place->port || own->asked == place->port) &&
           strcmp(own->address, place->address) == 0;
}

static bool may_listen(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < ses.listensize; i++)
        count += ses.listeners[i] && ses.listeners[i]->type == CHANNEL_ID_TCPFORWARDED;
    return count < FORWARDS_LISTENED && login_network() == 0;
}

// "" is every address, "localhost" each of this machine for itself; no other names.
static int open_sockets(const struct place *place, int sockets[DROPBEAR_MAX_SOCKS])
{
    char port[8];
    struct in6_addr unused;
    const char *address = place->address;
    bool is_local = strcmp(address, "localhost") == 0;
    if (!is_local && *address != '\0' && inet_pton(AF_INET, address, &unused) != 1 &&
        inet_pton(AF_INET6, address, &unused) != 1)
        return -1;
    snprintf(port, sizeof port, "%u", place->port);
    return dropbear_listen(is_local ? nullptr : address, port, sockets, DROPBEAR_MAX_SOCKS, nullptr,
                           &ses.maxfd, nullptr);
}

static bool listen_at(struct place *place)
{
    int sockets[DROPBEAR_MAX_SOCKS];
    if (place->port > UINT16_MAX || !may_listen()) return false;
    int count = open_sockets(place, sockets);
    if (count <= 0) return false;
    for (int i = 0; i < count; i++) setnonblocking(sockets[i]);
    place->port = (unsigned)get_sock_port(sockets[0]);
    return new_listener(sockets, (unsigned)count, CHANNEL_ID_TCPFORWARDED, place, take_call,
                        forget) != nullptr;
}

static bool cancel(const struct place *place)
{
    for (unsigned i = 0; i < ses.listensize; i++) {
        if (!is_here(ses.listeners[i], place)) continue;
        remove_listener(ses.listeners[i]);
        return true;
    }
    return false;
}

static struct place *read_place(void)
{
    unsigned size;
    struct place *place = calloc(1, sizeof *place);
    char *address = buf_getstring(ses.payload, &size);
    unsigned port = buf_getint(ses.payload);
    if (place == nullptr || size > MAX_HOST_LEN || strlen(address) != size) {
        m_free(address);
        free(place);
        return nullptr;
    }
    *place = (struct place){.address = address, .port = port, .asked = port};
    return place;
}

static void send_port(unsigned port)
{
    CHECKCLEARTOWRITE();
    buf_putbyte(ses.writepayload, SSH_MSG_REQUEST_SUCCESS);
    buf_putint(ses.writepayload, port);
    encrypt_packet();
}

static bool begin(bool wants_reply)
{
    struct place *place = read_place();
    if (place == nullptr) return false;
    if (!listen_at(place)) {
        place_free(place);
        return false;
    }
    if (wants_reply && place->asked == 0)
        send_port(place->port);
    else if (wants_reply)
        send_msg_request_success();
    return true;
}

static bool end(bool wants_reply)
{
    struct place *place = read_place();
    if (place == nullptr) return false;
    bool is_done = cancel(place);
    place_free(place);
    if (is_done && wants_reply) send_msg_request_success();
    return is_done;
}

void recv_msg_global_request_remotetcp(void)
{
    unsigned size;
    bool is_done = false;
    char *name = buf_getstring(ses.payload, &size);
    bool wants_reply = buf_getbool(ses.payload);
    if (strcmp(name, "tcpip-forward") == 0)
        is_done = begin(wants_reply);
    else if (strcmp(name, "cancel-tcpip-forward") == 0)
        is_done = end(wants_reply);
    if (!is_done && wants_reply) send_msg_request_failure();
    m_free(name);
}
