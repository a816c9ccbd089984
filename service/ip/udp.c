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
    int error = lwip_errno(udp_bind(conversation->pcb, address, port));
    if (error == 0) local_note(conversation);
    return error;
}

static int connect_remote(struct conversation *conversation, const ip_addr_t *address,
                          uint16_t port)
{
    int error = lwip_errno(udp_connect(conversation->pcb, address, port));
    if (error != 0) return error;
    local_note(conversation);
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

static int set(struct conversation *conversation, const char *name, uint32_t value)
{
    struct udp_pcb *pcb = conversation->pcb;
    uint8_t option = 0;
    if (strcmp(name, "broadcast") == 0) option = SOF_BROADCAST;
    if (strcmp(name, "reuse") == 0) option = SOF_REUSEADDR;
    if (option != 0 && value != 0)
        ip_set_option(pcb, option);
    else if (option != 0)
        ip_reset_option(pcb, option);
    else if (strcmp(name, "ttl") == 0)
        pcb->ttl = (uint8_t)value;
    else if (strcmp(name, "tos") == 0)
        pcb->tos = (uint8_t)value;
    else
        return -ENOPROTOOPT;
    return 0;
}

static int64_t write_datagram(struct conversation *conversation, const void *from, size_t count)
{
    struct outgoing outgoing;
    int error = datagram_make(conversation, from, count, &outgoing);
    if (error != 0) return error;
    error =
        lwip_errno(udp_sendto(conversation->pcb, outgoing.packet, &outgoing.remote, outgoing.port));
    pbuf_free(outgoing.packet);
    if (error != 0) return error;
    local_note(conversation);
    conversation->sent += count;
    return (int64_t)count;
}

const struct protocol udp_protocol = {
    .name = "udp",
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
