// SPDX-License-Identifier: MIT
// Ports that the system chooses are drawn at random (RFC 6056, section 3.3.2): lwIP itself counts,
// and who has seen one would know the next.
#include "ip.h"

#include <lwip/tcp.h>
#include <lwip/udp.h>

enum : uint16_t { PORT_FIRST = 49152, PORT_COUNT = 16384 }; // RFC 6335, section 6
enum : uint32_t { DRAWS = 64 };                             // then lwIP counts to a free one

static uint16_t port_draw(void)
{
    return (uint16_t)(PORT_FIRST + LWIP_RAND() % PORT_COUNT);
}

int tcp_port_bind(struct tcp_pcb *pcb, const ip_addr_t *address, uint16_t port)
{
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
    err_t error = ERR_USE;
    for (uint32_t i = 0; port == 0 && error == ERR_USE && i < DRAWS; i++)
        error = udp_bind(pcb, address, port_draw());
    if (error == ERR_USE) error = udp_bind(pcb, address, port);
    return lwip_errno(error);
}
