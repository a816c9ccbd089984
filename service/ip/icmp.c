// SPDX-License-Identifier: MIT
// ICMP conversations: every packet of the protocol that arrives is also given to each conversation,
// with its IP header for version 4, without for version 6, as raw sockets have it; what is written
// is an ICMP message.
#include "datagram.h"

#include <errno.h>
#include <lwip/icmp6.h>
#include <lwip/prot/ip.h>
#include <lwip/prot/ip6.h>
#include <lwip/raw.h>

static uint8_t received(void *argument, struct raw_pcb *pcb, struct pbuf *packet,
                        const ip_addr_t *remote)
{
    struct conversation *conversation = argument;
    if (conversation->state == STATE_CONNECTED && !ip_addr_eq(remote, &conversation->remote))
        return 0;
    struct pbuf *copy = pbuf_clone(PBUF_RAW, PBUF_RAM, packet);
    if (copy == nullptr) return 0;
    if (IP_IS_V6(remote) && pbuf_remove_header(copy, IP6_HLEN) != 0) {
        pbuf_free(copy);
        return 0;
    }
    datagram_queue(conversation, copy, remote, 0);
    return 0; // lwIP itself sees it too
}

static int create_raw(struct conversation *conversation, uint8_t type, uint8_t protocol)
{
    struct raw_pcb *pcb = raw_new_ip_type(type, protocol);
    if (pcb == nullptr) return -ENOMEM;
    if (protocol == IP6_NEXTH_ICMP6) {
        pcb->chksum_reqd = 1; // RFC 3542, section 3.1: the system computes it
        pcb->chksum_offset = 2;
    }
    conversation->pcb = pcb;
    raw_recv(pcb, received, conversation);
    return 0;
}

static int create(struct conversation *conversation)
{
    return create_raw(conversation, IPADDR_TYPE_V4, IP_PROTO_ICMP);
}

static int create_v6(struct conversation *conversation)
{
    return create_raw(conversation, IPADDR_TYPE_V6, IP6_NEXTH_ICMP6);
}

static void close_conversation(struct conversation *conversation)
{
    if (conversation->pcb != nullptr) raw_remove(conversation->pcb);
    conversation->pcb = nullptr;
    datagrams_drop(conversation);
}

static int bind_local(struct conversation *conversation, const ip_addr_t *address, uint16_t port)
{
    return lwip_errno(raw_bind(conversation->pcb, address));
}

static int connect_remote(struct conversation *conversation, const ip_addr_t *address,
                          uint16_t port)
{
    conversation->remote = *address;
    conversation->state = STATE_CONNECTED;
    return 0;
}

static int hangup(struct conversation *conversation)
{
    conversation->state = STATE_IDLE;
    return 0;
}

static int8_t send_message(struct conversation *conversation, const struct outgoing *outgoing)
{
    return raw_sendto(conversation->pcb, outgoing->packet, &outgoing->remote);
}

static int64_t write_message(struct conversation *conversation, const void *from, size_t count)
{
    return datagram_write(conversation, from, count, send_message);
}

static struct numbers numbers, numbers_v6;
const struct protocol icmp_protocol = {
    .name = "icmp",
    .numbers = &numbers,
    .create = create,
    .close = close_conversation,
    .bind = bind_local,
    .connect = connect_remote,
    .announce = datagram_refuse_call,
    .shutdown = datagram_shutdown,
    .hangup = hangup,
    .set = datagram_set,
    .read = datagram_read,
    .write = write_message,
    .ready = datagram_ready,
};

const struct protocol icmpv6_protocol = {
    .name = "icmpv6",
    .numbers = &numbers_v6,
    .create = create_v6,
    .close = close_conversation,
    .bind = bind_local,
    .connect = connect_remote,
    .announce = datagram_refuse_call,
    .shutdown = datagram_shutdown,
    .hangup = hangup,
    .set = datagram_set,
    .read = datagram_read,
    .write = write_message,
    .ready = datagram_ready,
};
