// SPDX-License-Identifier: MIT
// Datagrams between lwIP and readers. A conversation holds at most QUEUE_BYTES unread, as a
// socket's buffer does.
#include "datagram.h"
#include "rule.h"

#include <errno.h>
#include <lwip/ip.h>
#include <net/net.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum : size_t { QUEUE_BYTES = 256 << 10, DATAGRAM_MAX = 65507 };

static uint8_t hops_arrived(void)
{
    const struct ip6_hdr *six = ip6_current_header();
    const struct ip_hdr *four = ip4_current_header();
    if (six != nullptr) return IP6H_HOPLIM(six);
    return four != nullptr ? IPH_TTL(four) : 0;
}

void datagram_queue(struct conversation *conversation, struct pbuf *packet, const ip_addr_t *remote,
                    uint16_t remote_port)
{
    struct datagram *datagram = nullptr;
    if (conversation->queued + packet->tot_len <= QUEUE_BYTES &&
        rules_allow_datagram(conversation, remote, remote_port))
        datagram = calloc(1, sizeof(*datagram));
    if (datagram == nullptr) {
        pbuf_free(packet);
        return;
    }
    datagram->packet = packet;
    datagram->remote = *remote;
    datagram->local = *ip_current_dest_addr();
    datagram->remote_port = remote_port;
    datagram->hops = hops_arrived();
    *conversation->last_datagram = datagram;
    conversation->last_datagram = &datagram->next;
    conversation->queued += packet->tot_len;
    conversation->received += packet->tot_len;
    conversation_touch(conversation);
}

static void address_store(uint8_t to[16], const ip_addr_t *address)
{
    if (IP_IS_V6(address))
        memcpy(to, ip_2_ip6(address)->addr, 16);
    else
        memcpy(to, &ip_2_ip4(address)->addr, 4);
}

static void address_load(ip_addr_t *address, const struct net_datagram *header)
{
    *address = (ip_addr_t){};
    if (header->version == 6) {
        IP_SET_TYPE_VAL(*address, IPADDR_TYPE_V6);
        memcpy(ip_2_ip6(address)->addr, header->remote, 16);
        if (ip6_addr_has_scope(ip_2_ip6(address), IP6_UNKNOWN))
            ip6_addr_set_zone(ip_2_ip6(address), (uint8_t)header->scope);
    } else {
        IP_SET_TYPE_VAL(*address, IPADDR_TYPE_V4);
        memcpy(&ip_2_ip4(address)->addr, header->remote, 4);
    }
}

int64_t datagram_read(struct conversation *conversation, void *to, size_t count)
{
    struct datagram *datagram = conversation->first_datagram;
    if (datagram == nullptr) return conversation->is_remote_closed ? 0 : P9_LATER;
    uint8_t *at = to;
    if (conversation->has_headers) {
        struct net_datagram header = {
            .remote_port = datagram->remote_port,
            .local_port = conversation->local_port,
            .version = IP_IS_V6(&datagram->remote) ? 6 : 4,
            .hops = datagram->hops,
        };
        if (count < sizeof(header)) return -EINVAL;
        if (IP_IS_V6(&datagram->remote)) header.scope = ip6_addr_zone(ip_2_ip6(&datagram->remote));
        address_store(header.remote, &datagram->remote);
        address_store(header.local, &datagram->local);
        memcpy(at, &header, sizeof(header));
        at += sizeof(header);
        count -= sizeof(header);
    }
    uint16_t most = count > UINT16_MAX ? UINT16_MAX : (uint16_t)count;
    at += pbuf_copy_partial(datagram->packet, at, most, 0);
    conversation->first_datagram = datagram->next;
    if (datagram->next == nullptr) conversation->last_datagram = &conversation->first_datagram;
    conversation->queued -= datagram->packet->tot_len;
    pbuf_free(datagram->packet);
    free(datagram);
    return at - (uint8_t *)to;
}

void datagrams_drop(struct conversation *conversation)
{
    while (conversation->first_datagram != nullptr) {
        struct datagram *datagram = conversation->first_datagram;
        conversation->first_datagram = datagram->next;
        pbuf_free(datagram->packet);
        free(datagram);
    }
    conversation->last_datagram = &conversation->first_datagram;
    conversation->queued = 0;
}

int datagram_make(const struct conversation *conversation, const void *from, size_t count,
                  struct outgoing *outgoing)
{
    const uint8_t *at = from;
    outgoing->remote = conversation->remote;
    outgoing->port = conversation->remote_port;
    bool has_remote = conversation->state == STATE_CONNECTED;
    if (conversation->has_headers) {
        struct net_datagram header;
        if (count < sizeof(header)) return -EINVAL;
        memcpy(&header, at, sizeof(header));
        at += sizeof(header);
        count -= sizeof(header);
        if (header.version != 0) { // 0: to the remote end that connect fixed
            address_load(&outgoing->remote, &header);
            int error = header.scope > UINT8_MAX ? -ENODEV : address_settle(&outgoing->remote);
            if (error != 0) return error;
            outgoing->port = header.remote_port;
            has_remote = true;
        }
    }
    if (!has_remote) return -EDESTADDRREQ;
    if (conversation->is_six_only && !IP_IS_V6_VAL(outgoing->remote)) return -ENETUNREACH;
    if (!rules_allow_datagram(conversation, &outgoing->remote, outgoing->port)) return -EACCES;
    if (count > DATAGRAM_MAX) return -EMSGSIZE;
    outgoing->packet = pbuf_alloc(PBUF_TRANSPORT, (uint16_t)count, PBUF_RAM);
    if (outgoing->packet == nullptr) return -ENOMEM;
    (void)pbuf_take(outgoing->packet, at, (uint16_t)count);
    return 0;
}

int64_t datagram_write(struct conversation *conversation, const void *from, size_t count,
                       int8_t (*send)(struct conversation *conversation,
                                      const struct outgoing *outgoing))
{
    struct outgoing outgoing;
    int error = datagram_make(conversation, from, count, &outgoing);
    if (error != 0) return error;
    error = lwip_errno(send(conversation, &outgoing));
    pbuf_free(outgoing.packet);
    if (error != 0) return error;
    conversation->sent += count;
    return (int64_t)count;
}

// Every pcb begins with what IP itself keeps of it.
int datagram_set(struct conversation *conversation, const char *name, uint32_t value)
{
    struct ip_pcb *pcb = conversation->pcb;
    uint8_t option = 0;
    bool is_ttl = strcmp(name, "ttl") == 0, is_tos = strcmp(name, "tos") == 0;
    if ((is_ttl && value == 0) || ((is_ttl || is_tos) && value > UINT8_MAX)) return -EINVAL;
    if (strcmp(name, "broadcast") == 0) option = SOF_BROADCAST;
    if (strcmp(name, "reuse") == 0) option = SOF_REUSEADDR;
    if (option != 0 && value != 0)
        ip_set_option(pcb, option);
    else if (option != 0)
        ip_reset_option(pcb, option);
    else if (is_ttl)
        pcb->ttl = (uint8_t)value;
    else if (is_tos)
        pcb->tos = (uint8_t)value;
    else
        return -ENOPROTOOPT;
    return 0;
}

uint32_t datagram_ready(const struct conversation *conversation)
{
    uint32_t events = conversation->state == STATE_CONNECTING ? 0 : POLLOUT;
    if (conversation->first_datagram != nullptr || conversation->is_remote_closed) events |= POLLIN;
    if (conversation->error != 0) events |= POLLERR | POLLIN;
    return events;
}

int datagram_refuse_call(struct conversation *conversation, uint32_t backlog)
{
    return -EOPNOTSUPP;
}

int datagram_shutdown(struct conversation *conversation)
{
    conversation->is_local_closed = true;
    return 0;
}
