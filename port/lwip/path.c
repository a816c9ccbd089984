// SPDX-License-Identifier: MIT
// What the network says of the paths of IPv4. Segments of TCP ask not to be cut; a router that cannot
// pass one on says how much it carries (RFC 1191), and that is known for ten minutes: connections make
// smaller segments, and what waits already is cut here. A message is believed when it quotes what a
// connection has sent and nobody has acknowledged; a call to an end that cannot be reached fails
// (quoted.c). It is called at the places of path.patch.
#include "quoted.h"

#include <lwip/icmp.h>
#include <lwip/prot/icmp.h>
#include <lwip/prot/ip4.h>
#include <lwip/sys.h>
#include <lwip_hooks.h>

enum : uint32_t { PATHS = 64, KNOWN_FOR = 600000 }; // ms
enum : uint16_t {
    LEAST = 552,      // bytes; who says less may cut packets of this size, which do not ask then
    LEAST_OF_IP = 68, // RFC 791, section 3.2
};

enum : uint8_t { NET_UNKNOWN = 6 }; // RFC 1122, section 3.2.2.1

static struct path {
    ip4_addr_t to;
    uint16_t mtu; // 0: nothing is known
    bool is_cut;
    uint32_t told_at;
} paths[PATHS];
static uint32_t path_count; // none: nothing is looked for

static struct path *path_find(const ip4_addr_t *to)
{
    for (uint32_t i = 0; i < path_count; i++) {
        struct path *path = &paths[i];
        if (path->mtu == 0 || !ip4_addr_eq(&path->to, to)) continue;
        if (sys_now() - path->told_at < KNOWN_FOR) return path;
        path->mtu = 0;
    }
    return NULL;
}

// A place for one more: one that is free, or else the oldest's.
static struct path *path_place(void)
{
    if (path_count < PATHS) return &paths[path_count++];
    struct path *oldest = &paths[0];
    uint32_t now = sys_now();
    for (struct path *path = paths; path < paths + PATHS; path++) {
        if (path->mtu == 0) return path;
        if (now - path->told_at > now - oldest->told_at) oldest = path;
    }
    return oldest;
}

u16_t lwip_path_mtu(const ip4_addr_t *to, const struct netif *netif)
{
    const struct path *path = path_count == 0 ? NULL : path_find(to);
    return path != NULL && path->mtu < netif->mtu ? path->mtu : netif->mtu;
}

u16_t lwip_path_flags(u8_t protocol, const ip4_addr_t *to)
{
    if (protocol != IP_PROTO_TCP) return 0;
    const struct path *path = path_count == 0 ? NULL : path_find(to);
    return path != NULL && path->is_cut ? 0 : PP_HTONS(IP_DF);
}

// What a router carries that does not say it: the next smaller size of links that there are; RFC 1191,
// section 7.1.
static uint16_t next_smaller(uint16_t size)
{
    static const uint16_t sizes[] = {32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (sizes[i] < size) return sizes[i];
    return LEAST_OF_IP;
}

static void too_big(const struct quoted *quoted, uint16_t told)
{
    const ip4_addr_t *to = ip_2_ip4(&quoted->to);
    if (told == 0) told = next_smaller(quoted->size);
    if (told < LEAST_OF_IP || told >= quoted->size) return;
    struct path *path = path_find(to);
    if (path != NULL && told >= path->mtu) return;
    if (path == NULL) path = path_place();
    *path = (struct path){.to = *to,
                          .mtu = LWIP_MAX(told, LEAST),
                          .is_cut = told < LEAST,
                          .told_at = sys_now()};
}

static err_t error_of(uint8_t code)
{
    switch (code) {
    case ICMP_DUR_PROTO:
    case ICMP_DUR_PORT: return ERR_RST;
    case ICMP_DUR_NET:
    case NET_UNKNOWN: return ERR_IF;
    default: return ERR_RTE;
    }
}

void lwip_path_message(const struct pbuf *message)
{
    struct icmp_hdr header;
    struct quoted quoted;
    if (pbuf_copy_partial(message, &header, sizeof header, 0) != sizeof header) return;
    if (!quoted_read(message, sizeof header, NULL, &quoted) || IP_IS_V6(&quoted.to)) return;
    struct tcp_pcb *pcb = quoted_sender(&quoted);
    if (pcb == NULL) return;
    if (header.code == ICMP_DUR_FRAG)
        too_big(&quoted, (uint16_t)lwip_ntohl(header.data));
    else
        quoted_call_fail(pcb, error_of(header.code));
}
