// SPDX-License-Identifier: MIT
// Ports. Those that the system chooses are drawn at random (RFC 6056, section 3.3.2): lwIP itself
// counts, and who has seen one would know the next. Of two ends that the same packet could be meant
// for, the second one is refused: lwIP lets a more specific address, the other version of IP or
// `reuse` take what another user listens for.
#include "ip.h"

#include <errno.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>
#include <lwip/udp.h>

enum : uint16_t { PORT_FIRST = 49152, PORT_COUNT = 16384 }; // RFC 6335, section 6
enum : uint32_t { DRAWS = 64 };                             // then lwIP counts to a free one

static uint16_t port_draw(void)
{
    return (uint16_t)(PORT_FIRST + LWIP_RAND() % PORT_COUNT);
}

static bool ends_overlap(const ip_addr_t *one, const ip_addr_t *other)
{
    if (IP_IS_ANY_TYPE_VAL(*one) || IP_IS_ANY_TYPE_VAL(*other)) return true;
    if (IP_IS_V6(one) != IP_IS_V6(other)) return false;
    return ip_addr_isany(one) || ip_addr_isany(other) || ip_addr_eq(one, other);
}

// What listens is never shared; a connection that is over is no end that anything is meant for.
static bool tcp_is_shared(const struct tcp_pcb *one, const struct tcp_pcb *other)
{
    if (!ip_get_option(one, SOF_REUSEADDR) || other->state == LISTEN) return false;
    return other->state == TIME_WAIT || ip_get_option(other, SOF_REUSEADDR);
}

bool tcp_port_is_taken(const struct tcp_pcb *pcb, const ip_addr_t *address, uint16_t port)
{
    if (!lwip_port_is_used(port)) return false;
    for (size_t i = 0; i < NUM_TCP_PCB_LISTS; i++) {
        const struct tcp_pcb *other = *tcp_pcb_lists[i];
        for (; other != nullptr; other = other->next) {
            if (other == pcb || other->local_port != port || tcp_is_shared(pcb, other)) continue;
            if (ends_overlap(address, &other->local_ip)) return true;
        }
    }
    return false;
}

// Datagrams of those who want it so go to several ends, but to ends of one user. lwIP's own are
// nobody's, and never want it.
static bool udp_is_shared(const struct udp_pcb *one, const struct udp_pcb *other)
{
    if (!ip_get_option(one, SOF_REUSEADDR) || !ip_get_option(other, SOF_REUSEADDR)) return false;
    const struct conversation *mine = one->recv_arg, *its = other->recv_arg;
    return mine->owner.uid == its->owner.uid;
}

static bool udp_port_is_taken(const struct udp_pcb *pcb, const ip_addr_t *address, uint16_t port)
{
    for (const struct udp_pcb *other = udp_pcbs; other != nullptr; other = other->next) {
        if (other == pcb || other->local_port != port || udp_is_shared(pcb, other)) continue;
        if (ends_overlap(address, &other->local_ip)) return true;
    }
    return false;
}

int tcp_port_bind(struct tcp_pcb *pcb, const ip_addr_t *address, uint16_t port)
{
    if (port != 0 && tcp_port_is_taken(pcb, address, port)) return -EADDRINUSE;
    err_t error = ERR_USE;
    for (uint32_t i = 0; port == 0 && error == ERR_USE && i < DRAWS; i++) {
        uint16_t drawn = port_draw();
        if (!lwip_port_is_used(drawn)) error = tcp_bind(pcb, address, drawn);
    }
    if (error == ERR_USE) error = tcp_bind(pcb, address, port);
    return lwip_errno(error);
}

int udp_port_bind(struct udp_pcb *pcb, const ip_addr_t *address, uint16_t port)
{
    if (port != 0 && udp_port_is_taken(pcb, address, port)) return -EADDRINUSE;
    err_t error = ERR_USE;
    for (uint32_t i = 0; port == 0 && error == ERR_USE && i < DRAWS; i++) {
        uint16_t drawn = port_draw();
        if (!udp_port_is_taken(pcb, address, drawn)) error = udp_bind(pcb, address, drawn);
    }
    if (error == ERR_USE) error = udp_bind(pcb, address, port);
    return lwip_errno(error);
}

int port_six_only(struct conversation *conversation, ip_addr_t *local, uint16_t port, bool is_so)
{
    if (port != 0) return -EINVAL;
    conversation->is_six_only = is_so;
    IP_SET_TYPE(local, is_so ? IPADDR_TYPE_V6 : IPADDR_TYPE_ANY);
    return 0;
}
