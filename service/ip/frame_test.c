// SPDX-License-Identifier: MIT
// Frames that say that this host itself sent them, from each of its addresses, and frames of
// others.
#include "test/refused.h"
#include "test/unit.h"

#include "ip.h"
#include <lwip/ethip6.h>
#include <lwip/ip.h>
#include <string.h>

enum : uint32_t { IPV4_SOURCE = 14 + 12, IPV6_SOURCE = 14 + 8 };

static struct netif card, other;

static err_t card_make(struct netif *made)
{
    made->hwaddr_len = 6;
    return ERR_OK;
}

static void cards_make(void)
{
    ip4_addr_t address, mask, none = {};
    ip6_addr_t address6;
    if (card.input != nullptr) return;
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&address, 10, 0, 2, 15);
    netif_add(&card, &address, &mask, &none, nullptr, card_make, ip_input);
    netif_add_noaddr(&other, nullptr, card_make, ip_input);
    netif_create_ip6_linklocal_address(&other, 1);
    netif_ip6_addr_set_state(&other, 0, IP6_ADDR_PREFERRED);
    (void)ip6addr_aton("2001:db8::5", &address6);
    netif_ip6_addr_set(&card, 1, &address6);
    netif_ip6_addr_set_state(&card, 1, IP6_ADDR_TENTATIVE);
}

static void expect(const char *source, bool is_spoofed)
{
    uint8_t frame[60] = {};
    ip_addr_t address;
    cards_make();
    EXPECT(ipaddr_aton(source, &address));
    bool is_six = IP_IS_V6(&address);
    frame[12] = is_six ? 0x86 : 0x08;
    frame[13] = is_six ? 0xdd : 0x00;
    if (is_six)
        memcpy(frame + IPV6_SOURCE, ip_2_ip6(&address)->addr, 16);
    else
        memcpy(frame + IPV4_SOURCE, &ip_2_ip4(&address)->addr, 4);
    struct pbuf *packet = frame_make(frame, sizeof frame);
    EXPECT(packet != nullptr);
    EXPECT(frame_is_spoofed(packet) == is_spoofed);
    pbuf_free(packet);
}

TEST("a frame is not this host's own, whatever address of this host's it comes from")
{
    expect("10.0.2.15", true);
    expect("127.0.0.1", true);
    expect("127.1.2.3", true);
    expect("::1", true);
    expect("fe80::200:ff:fe00:0", true);
}

TEST("frames of others are taken, and of who asks whether an address is free")
{
    expect("10.0.2.16", false);
    expect("0.0.0.0", false);
    expect("::", false);
    expect("fe80::1", false);
    expect("2001:db8::5", false); // tentative here: its owner says so
}

TEST("an address is one in packets of IP alone")
{
    uint8_t frame[60] = {[12] = 8, [13] = 6, [IPV4_SOURCE] = 127};
    struct pbuf *packet = frame_make(frame, sizeof frame);
    EXPECT(packet != nullptr && !frame_is_spoofed(packet));
    pbuf_free(packet);
}
