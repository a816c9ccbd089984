// SPDX-License-Identifier: MIT
// UDP conversations over lwIP's raw interface.
#include "datagram.h"

#include <errno.h>
#include <lwip/udp.h>
#include <string.h>

static void received(void *argument, struct udp_pcb *pcb, struct pbuf *packet,
                     const ip_addr_t *remote, uint16_t port)
{
    datagram_queue(argument, packet, remote, port);
}

static int create(struct conversation *conversation)
{
    struct udp_pcb *pcb = udp_new_ip_type(IPADDR_TYPE_ANY);
    if (pcb == nullptr) return -ENOMEM;
    conversation->pcb = pcb;
    udp_recv(pcb, received, conversation);
    return 0;
}

static void close_conversation(struct conversation *conversation)
{
    if (conversation->pcb != nullptr) udp_remove(conversation->pcb);
    conversation->pcb = nullptr;
    datagrams_drop(conversation);
}

static void local_note(struct conversation *conversation)
{
    const struct udp_pcb *pcb = conversation->pcb;
    conversation->local = pcb->local_ip;
    conversation->local_port = pcb->local_port;
}

static int bind_local(struct conversation *conversation, const ip_addr_t *address, uint16_t port)
{
    struct udp_pcb *pcb = conversation->pcb;
    int error = pcb->local_port == 0 ? udp_port_bind(pcb, address, port) : -EINVAL;
    if (error == 0) local_note(conversation);
    return error;
}

static int port_have(struct conversation *conversation)
{
    struct udp_pcb *pcb = conversation->pcb;
    return pcb->local_port == 0 ? udp_port_bind(pcb, &pcb->local_ip, 0) : 0;
}

// The address that datagrams to there come from, where none was chosen: who asks before it sends
// finds out whether there is a way at all.
static int local_choose(struct conversation *conversation, const ip_addr_t *remote)
{
    const struct udp_pcb *pcb = conversation->pcb;
    const ip_addr_t *local;
    if (ip_addr_ismulticast(remote)) return 0;
    int error = route_find(&pcb->local_ip, remote, &local);
    if (error == 0) conversation->local = *local;
    return error;
}

static int connect_remote(struct conversation *conversation, const ip_addr_t *address,
                          uint16_t port)
{
    int error = port_have(conversation);
    if (error == 0) error = lwip_errno(udp_connect(conversation->pcb, address, port));
    if (error != 0) return error;
    local_note(conversation);
    error = local_choose(conversation, address);
    if (error != 0) {
        udp_disconnect(conversation->pcb);
        return error;
    }
    conversation->remote = *address;
    conversation->remote_port = port;
    conversation->state = STATE_CONNECTED;
    return 0;
}

static int hangup(struct conversation *conversation)
{
    udp_disconnect(conversation->pcb);
    conversation->state = STATE_IDLE;
    return 0;
}

static int8_t send_datagram(struct conversation *conversation, const struct outgoing *outgoing)
{
    if (port_have(conversation) != 0) return ERR_USE;
    int8_t error =
        udp_sendto(conversation->pcb, outgoing->packet, &outgoing->remote, outgoing->port);
    if (error == ERR_OK) local_note(conversation);
    return error;
}

static int64_t write_datagram(struct conversation *conversation, const void *from, size_t count)
{
    return datagram_write(conversation, from, count, send_datagram);
}

static int set(struct conversation *conversation, const char *name, uint32_t value)
{
    struct udp_pcb *pcb = conversation->pcb;
    if (strcmp(name, "v6only") != 0) return datagram_set(conversation, name, value);
    return port_six_only(conversation, &pcb->local_ip, pcb->local_port, value != 0);
}

static struct numbers numbers;
const struct protocol udp_protocol = {
    .name = "udp",
    .numbers = &numbers,
    .create = create,
    .close = close_conversation,
    .bind = bind_local,
    .connect = connect_remote,
    .announce = datagram_refuse_call,
    .shutdown = datagram_shutdown,
    .hangup = hangup,
    .set = set,
    .read = datagram_read,
    .write = write_datagram,
    .ready = datagram_ready,
};
