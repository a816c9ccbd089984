// SPDX-License-Identifier: MIT
// TCP conversations over lwIP's raw interface. The callbacks only record and touch the
// conversation; what is received stays in lwIP's buffers until it is read, and only then the window
// opens again.
#include "ip.h"

#include <errno.h>
#include <ferrite/log.h>
#include <lwip/ip.h>
#include <lwip/prot/tcp.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>
#include <lwip_hooks.h>
#include <poll.h>
#include <string.h>

enum : uint32_t { BACKLOG_MOST = 4096 }; // of calls that are complete
enum : size_t {
    LEND_MIN = 4096,     // a part as large as this is read where it lies
    TIMESTAMP_SIZE = 12, // of that option in a segment: RFC 7323, appendix A
};

static struct pbuf *spent; // read; an answer may still be sent from there

static void fail(struct conversation *conversation, int8_t error)
{
    conversation->error = -lwip_errno(error);
    if (conversation->state == STATE_CONNECTING && error == ERR_RST)
        conversation->error = ECONNREFUSED;
    if (error == ERR_ABRT) conversation->error = ETIMEDOUT; // lwIP's word for an end that is silent
    if (error == ERR_RTE)
        conversation->error = EHOSTUNREACH; // the port's quoted.h says what it means
    if (error == ERR_IF) conversation->error = ENETUNREACH;
    conversation->state = STATE_CLOSED;
    conversation->is_remote_closed = true;
    conversation->is_local_closed = true;
    conversation_touch(conversation);
}

static void failed(void *argument, err_t error)
{
    struct conversation *conversation = argument;
    if (conversation == nullptr) return;
    conversation->pcb = nullptr; // lwIP has freed it
    // It tells so, too, that the other end knows that this one ended after it.
    fail(conversation, error == ERR_CLSD ? ERR_OK : error);
}

// lwIP's own pbuf_cat() would walk the whole list, whose total length its fields cannot hold. Parts
// that have only been headers are left out.
static void append(struct conversation *conversation, struct pbuf *packet)
{
    while (packet->len == 0 && packet->next != nullptr) {
        struct pbuf *empty = packet;
        packet = empty->next;
        empty->next = nullptr;
        pbuf_free(empty);
    }
    if (conversation->stream == nullptr)
        conversation->stream = packet;
    else
        conversation->stream_last->next = packet;
    while (packet->next != nullptr) packet = packet->next;
    conversation->stream_last = packet;
}

// Gives up the first `size` bytes of what was received.
static void drop_front(struct conversation *conversation, size_t size)
{
    while (size != 0 && conversation->stream != nullptr) {
        struct pbuf *first = conversation->stream;
        if (size < first->len) {
            (void)pbuf_remove_header(first, size);
            return;
        }
        size -= first->len;
        conversation->stream = first->next;
        first->tot_len = first->len;
        first->next = spent;
        spent = first;
    }
}

void tcp_spent_free(void)
{
    while (spent != nullptr) {
        struct pbuf *first = spent;
        spent = first->next;
        first->next = nullptr;
        pbuf_free(first);
    }
}

static err_t received(void *argument, struct tcp_pcb *pcb, struct pbuf *packet, err_t error)
{
    struct conversation *conversation = argument;
    if (packet == nullptr) {
        conversation->is_remote_closed = true;
    } else {
        conversation->queued += packet->tot_len;
        conversation->received += packet->tot_len;
        // Several segments that became one are acknowledged as several: RFC 5681, section 4.2.
        if (packet->tot_len >= 2 * pcb->mss) tcp_set_flags(pcb, TF_ACK_NOW);
        append(conversation, packet);
    }
    conversation_touch(conversation);
    return ERR_OK;
}

static err_t sent(void *argument, struct tcp_pcb *pcb, uint16_t size)
{
    conversation_touch(argument);
    return ERR_OK;
}

// Remembers both ends, which lwIP forgets with the pcb.
static void ends_note(struct conversation *conversation)
{
    const struct tcp_pcb *pcb = conversation->pcb;
    conversation->local = pcb->local_ip;
    conversation->local_port = pcb->local_port;
    conversation->remote = pcb->remote_ip;
    conversation->remote_port = pcb->remote_port;
}

static err_t connected(void *argument, struct tcp_pcb *pcb, err_t error)
{
    struct conversation *conversation = argument;
    conversation->state = STATE_CONNECTED;
    ends_note(conversation);
    conversation_touch(conversation);
    return ERR_OK;
}

static void callbacks_set(struct conversation *conversation)
{
    struct tcp_pcb *pcb = conversation->pcb;
    tcp_arg(pcb, conversation);
    tcp_recv(pcb, received);
    tcp_sent(pcb, sent);
    tcp_err(pcb, failed);
}

// Of calls that are not complete.
static uint32_t half_open_most(const struct conversation *listener)
{
    if (listener->calls >= listener->backlog) return 0;
    return listener->backlog < LWIP_CALLS_MIN ? LWIP_CALLS_MIN : listener->backlog;
}

void tcp_calls_changed(struct conversation *listener)
{
    lwip_backlog_set(listener->pcb, half_open_most(listener));
}

static err_t called(void *argument, struct tcp_pcb *pcb, err_t error)
{
    struct conversation *listener = argument;
    if (pcb == nullptr || error != ERR_OK) return ERR_VAL;
    struct conversation *call = conversation_create(&tcp_protocol, listener->view, listener->owner);
    if (call == nullptr) return ERR_MEM;
    call->pcb = pcb;
    call->state = STATE_CONNECTED;
    tcp_options_pass(listener, call);
    callbacks_set(call);
    ends_note(call);
    if (listener->first_call == nullptr)
        listener->first_call = call;
    else
        listener->last_call->next_call = call;
    listener->last_call = call;
    listener->calls++;
    tcp_calls_changed(listener);
    conversation_touch(listener);
    return ERR_OK;
}

static int create(struct conversation *conversation)
{
    conversation->pcb = tcp_new_ip_type(IPADDR_TYPE_ANY);
    if (conversation->pcb == nullptr) return -ENOMEM;
    tcp_options_init(conversation);
    callbacks_set(conversation);
    return 0;
}

// Says farewell properly; lwIP keeps what it still has to send. Without memory for that: resets.
static void pcb_close(struct conversation *conversation)
{
    struct tcp_pcb *pcb = conversation->pcb;
    conversation->pcb = nullptr;
    if (pcb == nullptr) return;
    bool is_listener = conversation->state == STATE_ANNOUNCED;
    tcp_arg(pcb, nullptr);
    if (is_listener) {
        tcp_accept(pcb, nullptr);
        (void)tcp_close(pcb);
        return;
    }
    tcp_recv(pcb, nullptr);
    tcp_sent(pcb, nullptr);
    tcp_err(pcb, nullptr);
    bool is_reset = conversation->state == STATE_CONNECTING || conversation->options.is_reset;
    if (is_reset || tcp_close(pcb) != ERR_OK) tcp_abort(pcb);
}

static void close_conversation(struct conversation *conversation)
{
    pcb_close(conversation);
    drop_front(conversation, conversation->queued);
}

static int bind_local(struct conversation *conversation, const ip_addr_t *address, uint16_t port)
{
    struct tcp_pcb *pcb = conversation->pcb;
    if (conversation->state != STATE_IDLE || pcb == nullptr || pcb->local_port != 0) return -EINVAL;
    int error = tcp_port_bind(pcb, address, port);
    if (error == 0) ends_note(conversation);
    return error;
}

// Nobody answers who stands for many: RFC 9293, section 3.9.2.3.
static bool is_of_many(const ip_addr_t *address, const ip_addr_t *local)
{
    struct netif *netif = ip_route(local, address);
    return ip_addr_ismulticast(address) ||
           (netif != nullptr && ip_addr_isbroadcast(address, netif));
}

// Who guessed where a stream begins could speak in its name: RFC 6528.
static int no_random(void)
{
    static bool is_told;
    if (!is_told) fe_log("no random numbers: no connection to or from others is made");
    is_told = true;
    return -EIO;
}

static int connect_remote(struct conversation *conversation, const ip_addr_t *address,
                          uint16_t port)
{
    struct tcp_pcb *pcb = conversation->pcb;
    if (conversation->state != STATE_IDLE || pcb == nullptr) return -EINVAL;
    const ip_addr_t *local;
    int error = route_find(&pcb->local_ip, address, &local);
    if (error != 0) return error;
    if (is_of_many(address, local)) return -ENETUNREACH;
    if (!lwip_random_is_secret() && !lwip_address_is_own(address)) return no_random();
    error = pcb->local_port == 0 ? tcp_port_bind(pcb, &pcb->local_ip, 0) : 0;
    if (error != 0) return error;
    conversation->state = STATE_CONNECTING;
    error = lwip_errno(tcp_connect(pcb, address, port, connected));
    if (error != 0) conversation->state = STATE_IDLE;
    return error;
}

// Two that were bound to one end may not both listen there.
static int end_have(struct conversation *conversation)
{
    struct tcp_pcb *pcb = conversation->pcb;
    if (pcb->local_port == 0) return bind_local(conversation, &pcb->local_ip, 0);
    return tcp_port_is_taken(pcb, &pcb->local_ip, pcb->local_port) ? -EADDRINUSE : 0;
}

static int announce(struct conversation *conversation, uint32_t backlog)
{
    if (conversation->state == STATE_ANNOUNCED) return 0;
    if (conversation->state != STATE_IDLE || conversation->pcb == nullptr) return -EINVAL;
    int taken = end_have(conversation);
    if (taken != 0) return taken;
    err_t error;
    if (backlog == 0) backlog = 1;
    if (backlog > BACKLOG_MOST) backlog = BACKLOG_MOST;
    conversation->backlog = backlog;
    struct tcp_pcb *pcb =
        tcp_listen_with_backlog_and_err(conversation->pcb, half_open_most(conversation), &error);
    if (pcb == nullptr) return lwip_errno(error);
    conversation->pcb = pcb;
    conversation->state = STATE_ANNOUNCED;
    tcp_arg(pcb, conversation);
    tcp_accept(pcb, called);
    return 0;
}

static int shutdown_sending(struct conversation *conversation)
{
    if (conversation->state != STATE_CONNECTED || conversation->pcb == nullptr) return -ENOTCONN;
    if (conversation->is_local_closed) return 0;
    int error = lwip_errno(tcp_shutdown(conversation->pcb, 0, 1));
    if (error == 0) conversation->is_local_closed = true;
    return error;
}

static int hangup(struct conversation *conversation)
{
    struct tcp_pcb *pcb = conversation->pcb;
    if (pcb == nullptr) return 0;
    if (conversation->state == STATE_ANNOUNCED) {
        pcb_close(conversation);
    } else {
        tcp_err(pcb, nullptr);
        tcp_abort(pcb);
        conversation->pcb = nullptr;
    }
    conversation->state = STATE_CLOSED;
    conversation->is_remote_closed = true;
    conversation->is_local_closed = true;
    conversation_touch(conversation);
    return 0;
}

// Gives back what has been read, and opens the window by as much.
static void consume(struct conversation *conversation, size_t size)
{
    conversation->queued -= size;
    drop_front(conversation, size);
    while (size != 0 && conversation->pcb != nullptr) {
        uint16_t step = size > UINT16_MAX ? UINT16_MAX : (uint16_t)size;
        tcp_recved(conversation->pcb, step);
        size -= step;
    }
}

static int64_t read_stream(struct conversation *conversation, void *to, size_t count)
{
    if (conversation->stream == nullptr) {
        if (conversation->is_remote_closed) return 0;
        return conversation->state == STATE_CONNECTED ? P9_LATER : -ENOTCONN;
    }
    size_t done = 0;
    const struct pbuf *first = conversation->stream;
    if (first->len >= LEND_MIN && count >= LEND_MIN) {
        conversation->bytes = first->payload;
        done = count < first->len ? count : first->len;
        consume(conversation, done);
        return (int64_t)done;
    }
    for (struct pbuf *part = conversation->stream; part != nullptr && done < count;
         part = part->next) {
        size_t step = part->len < count - done ? part->len : count - done;
        memcpy((uint8_t *)to + done, part->payload, step);
        done += step;
    }
    consume(conversation, done);
    return (int64_t)done;
}

// What is written at a time: whole segments, where more than one goes in.
static size_t step_most(const struct tcp_pcb *pcb)
{
    size_t options = (pcb->flags & TF_TIMESTAMP) != 0 ? TIMESTAMP_SIZE : 0;
    size_t segment = pcb->mss > options ? pcb->mss - options : 1;
    return UINT16_MAX / segment * segment;
}

// What a router told of a path (RFC 1191, RFC 8201) holds for what is written from now on; what
// waits already goes in pieces.
static void segments_fit(struct tcp_pcb *pcb)
{
    struct netif *netif = ip_route(&pcb->local_ip, &pcb->remote_ip);
    if (netif == nullptr) return;
    uint16_t most = tcp_eff_send_mss_netif(pcb->mss, netif, &pcb->remote_ip);
    if (most != 0) pcb->mss = most;
}

static int64_t write_stream(struct conversation *conversation, const void *from, size_t count)
{
    struct tcp_pcb *pcb = conversation->pcb;
    if (pcb == nullptr) return conversation->state == STATE_CLOSED ? -EPIPE : -ENOTCONN;
    if (conversation->state != STATE_CONNECTED) return -ENOTCONN;
    segments_fit(pcb);
    size_t done = 0, most = step_most(pcb);
    while (done < count) {
        size_t step = count - done, room = tcp_sndbuf(pcb);
        if (step > room) step = room;
        if (step > most) step = most;
        uint8_t flags = TCP_WRITE_FLAG_COPY | (done + step < count ? TCP_WRITE_FLAG_MORE : 0);
        if (step == 0) break;
        if (tcp_write(pcb, (const uint8_t *)from + done, (uint16_t)step, flags) != ERR_OK) break;
        done += step;
    }
    (void)tcp_output(pcb);
    conversation->sent += done;
    return done == 0 && count != 0 ? P9_LATER : (int64_t)done;
}

static uint32_t ready(const struct conversation *conversation)
{
    uint32_t events = 0;
    if (conversation->state == STATE_ANNOUNCED)
        return conversation->first_call != nullptr ? POLLIN : 0;
    if (conversation->error != 0) events |= POLLERR | POLLIN | POLLOUT;
    if (conversation->stream != nullptr || conversation->is_remote_closed) events |= POLLIN;
    if (conversation->state == STATE_CLOSED) return events | POLLHUP | POLLOUT;
    if (conversation->state == STATE_IDLE) return events | POLLOUT | POLLHUP;
    if (conversation->state == STATE_CONNECTED && !conversation->is_local_closed &&
        tcp_sndbuf((struct tcp_pcb *)conversation->pcb) >= TCP_SNDLOWAT)
        events |= POLLOUT;
    return events;
}

static struct numbers numbers;
const struct protocol tcp_protocol = {
    .name = "tcp",
    .numbers = &numbers,
    .create = create,
    .close = close_conversation,
    .bind = bind_local,
    .connect = connect_remote,
    .announce = announce,
    .shutdown = shutdown_sending,
    .hangup = hangup,
    .set = tcp_set,
    .read = read_stream,
    .write = write_stream,
    .ready = ready,
};
