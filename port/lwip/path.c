// SPDX-License-Identifier: MIT
// What the network says of the paths of IPv4. Segments of TCP ask not to be cut; a router that cannot
// pass one on says how much it carries (RFC 1191), and that is known for ten minutes: connections make
// smaller segments, and what waits already is cut here. Paths are in a table that grows (table.c);
// without room for one more, the one that was told of first is forgotten. A message is believed when it
// quotes what a connection has sent and nobody has acknowledged; a call to an end that cannot be
// reached fails (quoted.c). It is called at the places of path.patch.
#include "quoted.h"

#include <lwip/icmp.h>
#include <lwip/prot/icmp.h>
#include <lwip/prot/ip4.h>
#include <lwip/sys.h>
#include <lwip_hooks.h>
#include <lwip_table.h>

enum : uint32_t { KNOWN_FOR = 600000 }; // ms
enum : uint16_t {
    LEAST = 552,      // bytes; who says less may cut packets of this size, which do not ask then
    LEAST_OF_IP = 68, // RFC 791, section 3.2
};

enum : uint8_t { NET_UNKNOWN = 6 }; // RFC 1122, section 3.2.2.1

struct path {
    uint16_t mtu;
    bool is_cut;
    uint32_t told_at;
};

static struct lwip_table paths;

static void path_forget(int entry)
{
    lwip_table_remove(&paths, entry);
}

// By its destination; all are new, in the table's words, and in the order in which they were told.
static struct lwip_table paths = {.entry_size = sizeof(struct path), .forget = path_forget};

static struct path *path_at(int entry)
{
    return (struct path *)paths.entries + entry;
}

static void paths_expire(void)
{
    uint32_t now = sys_now();
    while (paths.count[LWIP_TABLE_NEW] != 0) {
        int oldest = paths.first[LWIP_TABLE_NEW];
        if (now - path_at(oldest)->told_at < KNOWN_FOR) return;
        path_forget(oldest);
    }
}

// -1: nothing is known.
static int path_find(const ip4_addr_t *to)
{
    if (paths.count[LWIP_TABLE_NEW] == 0) return -1;
    uint32_t key[LWIP_TABLE_KEY] = {to->addr};
    paths_expire();
    lwip_table_shrink(&paths);
    return lwip_table_find(&paths, key);
}

static void path_set(const ip4_addr_t *to, const struct path *path)
{
    uint32_t key[LWIP_TABLE_KEY] = {to->addr};
    int entry = path_find(to);
    if (entry >= 0) path_forget(entry); // it is the youngest now
    entry = lwip_table_add(&paths, key);
    if (entry >= 0) *path_at(entry) = *path;
}

u16_t lwip_path_mtu(const ip4_addr_t *to, const struct netif *netif)
{
    int entry = path_find(to);
    return entry >= 0 && path_at(entry)->mtu < netif->mtu ? path_at(entry)->mtu : netif->mtu;
}

u16_t lwip_path_flags(u8_t protocol, const ip4_addr_t *to)
{
    if (protocol != IP_PROTO_TCP) return 0;
    int entry = path_find(to);
    return entry >= 0 && path_at(entry)->is_cut ? 0 : PP_HTONS(IP_DF);
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
    int entry = path_find(to);
    if (entry >= 0 && told >= path_at(entry)->mtu) return;
    path_set(to, &(struct path){
                     .mtu = LWIP_MAX(told, LEAST),
                     .is_cut = told < LEAST,
                     .told_at = sys_now(),
                 });
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
