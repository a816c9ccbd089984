// SPDX-License-Identifier: MIT
// Calls of IPv6 that end early: by a router's word or by the silence of a neighbour, both of which
// this test is.
#include "quoted.h"

#include "test/lwip.h"
#include "test/unit.h"

#include <lwip/ethip6.h>
#include <lwip/icmp6.h>
#include <lwip/inet_chksum.h>
#include <lwip/init.h>
#include <lwip/ip6.h>
#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/prot/ethernet.h>
#include <lwip/prot/icmp6.h>
#include <lwip/prot/ip6.h>
#include <lwip/prot/tcp.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>

enum : uint32_t { PORT = 9000, SECOND = 1000 };

struct packet {
    struct ip6_hdr ip;
    struct tcp_hdr tcp;
};

static struct netif netif;
static struct packet last; // that was sent
static unsigned asked;     // for neighbours
static err_t failure;

static err_t output(struct netif *unused, struct pbuf *bytes, const ip6_addr_t *to)
{
    pbuf_copy_partial(bytes, &last, sizeof last, 0);
    return ERR_OK;
}

static err_t link_output(struct netif *unused, struct pbuf *bytes)
{
    struct ip6_hdr ip;
    pbuf_copy_partial(bytes, &ip, sizeof ip, SIZEOF_ETH_HDR);
    if (pbuf_get_at(bytes, SIZEOF_ETH_HDR + IP6_HLEN) == ICMP6_TYPE_NS &&
        IP6H_NEXTH(&ip) == IP6_NEXTH_ICMP6)
        asked++;
    return ERR_OK;
}

static err_t netif_make(struct netif *made)
{
    made->mtu = made->mtu6 = 1500;
    made->hwaddr_len = ETH_HWADDR_LEN;
    made->flags = NETIF_FLAG_ETHERNET | NETIF_FLAG_MLD6;
    made->linkoutput = link_output;
    return ERR_OK;
}

// fe80::1 and 2001:db8::1.
static void machine_start(netif_output_ip6_fn how)
{
    if (netif.linkoutput == NULL) {
        ip6_addr_t address;
        lwip_init();
        netif_add_noaddr(&netif, NULL, netif_make, ethernet_input);
        netif_set_default(&netif);
        ip6addr_aton("fe80::1", &address);
        netif_add_ip6_address(&netif, &address, NULL);
        ip6addr_aton("2001:db8::1", &address);
        netif_add_ip6_address(&netif, &address, NULL);
        for (s8_t i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++)
            if (!ip6_addr_isinvalid(netif_ip6_addr_state(&netif, i)))
                netif_ip6_addr_set_state(&netif, i, IP6_ADDR_PREFERRED);
        netif_set_up(&netif);
        netif_set_link_up(&netif);
    }
    netif.output_ip6 = how;
}

static void on_failed(void *unused, err_t error)
{
    failure = error;
}

static err_t on_connected(void *unused, struct tcp_pcb *pcb, err_t error)
{
    return ERR_OK;
}

static struct tcp_pcb *call(const char *name, netif_output_ip6_fn how)
{
    ip_addr_t far = IPADDR6_INIT(0, 0, 0, 0);
    machine_start(how);
    ip6addr_aton(name, ip_2_ip6(&far));
    ip6_addr_assign_zone(ip_2_ip6(&far), IP6_UNICAST, &netif);
    struct tcp_pcb *pcb = tcp_new_ip_type(IPADDR_TYPE_ANY);
    tcp_err(pcb, on_failed);
    failure = ERR_OK;
    (void)tcp_connect(pcb, &far, PORT, on_connected);
    return pcb;
}

// A router's word about the last packet, with its `number` moved, or cut after `size` bytes.
static void tell(uint8_t code, int32_t number, uint16_t size)
{
    struct {
        struct ip6_hdr ip;
        struct icmp6_hdr icmp;
        struct packet quoted;
    } message = {.icmp = {.type = ICMP6_TYPE_DUR, .code = code}, .quoted = last};
    uint16_t content = (uint16_t)(sizeof message.icmp + size);
    ip6_addr_t router, here;
    message.quoted.tcp.seqno = lwip_htonl(lwip_ntohl(last.tcp.seqno) + (uint32_t)number);
    ip6addr_aton("2001:db8::99", &router);
    ip6addr_aton("2001:db8::1", &here);
    IP6H_VTCFL_SET(&message.ip, 6, 0, 0);
    IP6H_PLEN_SET(&message.ip, content);
    IP6H_NEXTH_SET(&message.ip, IP6_NEXTH_ICMP6);
    IP6H_HOPLIM_SET(&message.ip, 64);
    ip6_addr_copy_to_packed(message.ip.src, router);
    ip6_addr_copy_to_packed(message.ip.dest, here);
    struct pbuf *packet = pbuf_alloc(PBUF_RAW, IP6_HLEN + content, PBUF_RAM);
    pbuf_take(packet, &message, IP6_HLEN + content);
    pbuf_remove_header(packet, IP6_HLEN);
    message.icmp.chksum = ip6_chksum_pseudo(packet, IP6_NEXTH_ICMP6, content, &router, &here);
    pbuf_take(packet, &message.icmp, sizeof message.icmp);
    pbuf_add_header_force(packet, IP6_HLEN);
    (void)ip6_input(packet, &netif);
}

static err_t told(uint8_t code)
{
    (void)call("2001:db8::2", output);
    tell(code, 0, sizeof(struct packet));
    return failure;
}

static void pass(uint32_t time)
{
    for (uint32_t end = now + time; now != end; now++) sys_check_timeouts();
}

TEST("a call of IPv6 fails by a router's word, which tells why")
{
    EXPECT(told(ICMP6_DUR_NO_ROUTE) == ERR_IF);
    EXPECT(told(ICMP6_DUR_PROHIBITED) == ERR_RTE);
    EXPECT(told(ICMP6_DUR_ADDRESS) == ERR_RTE);
    EXPECT(told(ICMP6_DUR_PORT) == ERR_RST);
}

TEST("a word about what was not sent, or that quotes too little, is not believed")
{
    struct tcp_pcb *pcb = call("2001:db8::2", output);
    tell(ICMP6_DUR_ADDRESS, 1, sizeof(struct packet));
    tell(ICMP6_DUR_ADDRESS, -1, sizeof(struct packet));
    tell(ICMP6_DUR_ADDRESS, 0, IP6_HLEN + 7);
    tell(ICMP6_DUR_ADDRESS, 0, IP6_HLEN - 1);
    tell(ICMP6_DUR_ADDRESS, 0, 0);
    last.ip._nexth = IP6_NEXTH_UDP;
    tell(ICMP6_DUR_ADDRESS, 0, sizeof(struct packet));
    last.ip._nexth = IP6_NEXTH_TCP;
    last.ip._v_tc_fl = 0;
    tell(ICMP6_DUR_ADDRESS, 0, sizeof(struct packet));
    EXPECT(failure == ERR_OK && pcb->state == SYN_SENT);
    tcp_abort(pcb);
}

TEST("a connection of IPv6 that there is takes no notice")
{
    struct tcp_pcb *pcb = call("2001:db8::2", output);
    pcb->state = ESTABLISHED;
    tell(ICMP6_DUR_ADDRESS, 0, sizeof(struct packet));
    tell(ICMP6_DUR_PORT, 0, sizeof(struct packet));
    EXPECT(failure == ERR_OK && pcb->state == ESTABLISHED);
    tcp_abort(pcb);
}

TEST("a call to a neighbour of IPv6 who answers none of three questions fails")
{
    static const char *const far[] = {"2001:db8::3", "fe80::3"};
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        asked = 0;
        (void)call(far[i], ethip6_output);
        pass(1500);
        EXPECT(failure == ERR_OK && asked >= 2);
        pass(2 * SECOND);
        EXPECT(failure == ERR_RTE && asked == 3);
    }
}
