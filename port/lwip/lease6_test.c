// SPDX-License-Identifier: MIT
// The life of an address that a server of DHCPv6 gave (RFC 8415), with one that answers as a test
// wants, in the test's own time.
#include <stdbool.h> // the C of lwIP has none of its own

#include "lease6_message.h"
#include "lease6_wire.h"
#include "test/lwip.h"
#include "test/unit.h"

#include <lwip/dhcp6.h>
#include <lwip/dns.h>
#include <lwip/init.h>
#include <lwip/ip6.h>
#include <lwip/netif.h>
#include <lwip/prot/dhcp6.h>
#include <lwip/prot/ip6.h>
#include <lwip/prot/udp.h>
#include <lwip/timeouts.h>
#include <lwip_hooks.h>
#include <lwip_privacy.h>
#include <string.h>

enum {
    T1 = 600,
    T2 = 960,
    PREFERRED = 1200,
    VALID = 1800, // seconds
    MINUTE = 60,
    HEADERS = IP6_HLEN + UDP_HLEN,
    TYPES = 16,
    ASSOCIATION = 0x52550203, // of the card
};

static const uint8_t card[6] = {0x52, 0x54, 0, 1, 2, 3};
static const struct lease6_client client = {
    .name = {0, 3, 0, 1, 0x52, 0x54, 0, 1, 2, 3},
    .association = ASSOCIATION,
};
static struct netif netif;

// What the server does, and what it saw.
static struct server {
    bool is_silent, lies, is_nobody; // to another transaction; of no server's name
    uint8_t address, name;           // fd00::this is given by the server of this name
    uint8_t preference, other;       // and another offer comes first, of the server `other`
    bool forgets, takes_back;        // says nothing of addresses; says that one has no time left
    bool is_at_once;                 // wants to be asked every second
    uint8_t besides;                 // and fd00::this is given first
    uint16_t status;                 // in place of an address, to all but who looks for a server
    unsigned seen[TYPES], directed[TYPES]; // messages, and those that name a server
    uint8_t asked_of;                      // the name of the last one
    uint8_t given_back;                    // the last address that was
    unsigned named;                        // how many addresses the last one did
    uint8_t asking[10], association[4];    // and of whom it was
} server;

static uint8_t answer[400], other_answer[400];
static size_t answer_size, other_size;

static uint8_t *put_address(uint8_t *to, uint8_t last)
{
    memset(to, 0, 16);
    to[0] = 0xfd;
    to[15] = last;
    return to + 16;
}

static uint8_t *put_given(uint8_t *to, uint8_t last, bool is_over)
{
    to = put_address(put_option(to, DHCP6_OPTION_IAADDR, 24), last);
    return put32(put32(to, is_over ? 0 : PREFERRED), is_over ? 0 : VALID);
}

static uint8_t *put_association(uint8_t *to, uint16_t status)
{
    to = put_option(to, DHCP6_OPTION_IA_NA, 12 + (status ? 6 : server.besides ? 56 : 28));
    to = put32(put32(put32(to, ASSOCIATION), server.is_at_once ? 1 : T1),
               server.is_at_once ? 2 : T2);
    if (status) return put16(put_option(to, DHCP6_OPTION_STATUS_CODE, 2), status);
    if (server.besides) to = put_given(to, server.besides, false);
    return put_given(to, server.address, server.takes_back);
}

static uint8_t *put_parts(uint8_t *at, uint8_t question, uint16_t status)
{
    static const uint8_t domains[] = "\5first\7example\0\6second";
    if (question == DHCP6_CONFIRM)
        return put16(put_option(at, DHCP6_OPTION_STATUS_CODE, 2), server.status);
    if (!server.forgets) at = put_association(at, status);
    at = put_option(at, DHCP6_OPTION_DOMAIN_LIST, sizeof domains);
    memcpy(at, domains, sizeof domains);
    return at + sizeof domains;
}

static size_t make(uint8_t *to, uint8_t type, const uint8_t *question, uint8_t name,
                   uint8_t preference)
{
    uint8_t *at = to;
    *at++ = type;
    memcpy(at, question + 1, 3);
    at[2] ^= server.lies;
    at = put_option(at + 3, DHCP6_OPTION_CLIENTID, sizeof client.name);
    memcpy(at, client.name, sizeof client.name);
    at += sizeof client.name;
    if (!server.is_nobody) {
        at = put_option(at, DHCP6_OPTION_SERVERID, 3);
        *at++ = 0;
        *at++ = 9;
        *at++ = name;
    }
    at = put_parts(at, question[0], type == DHCP6_REPLY ? server.status : 0);
    at = put_option(at, DHCP6_OPTION_PREFERENCE, 1);
    *at++ = preference;
    at = put_address(put_option(at, DHCP6_OPTION_DNS_SERVERS, 16), 53);
    return (size_t)(at - to);
}

// A part of a message; NULL: it has none.
static const uint8_t *option(const uint8_t *message, size_t size, unsigned kind)
{
    for (size_t at = 4; at + 4 <= size; at += 4 + (size_t)get16(message + at + 2))
        if (get16(message + at) == kind) return message + at + 4;
    return NULL;
}

static void serve(const uint8_t *question, size_t size)
{
    uint8_t type = question[0];
    const uint8_t *named = option(question, size, DHCP6_OPTION_SERVERID);
    const uint8_t *association = option(question, size, DHCP6_OPTION_IA_NA);
    server.seen[type % TYPES]++;
    server.directed[type % TYPES] += named != NULL;
    if (named) server.asked_of = named[2];
    server.named = association != NULL ? (get16(association - 2) - 12u) / 28 : 0;
    memcpy(server.asking, option(question, size, DHCP6_OPTION_CLIENTID), sizeof server.asking);
    if (association != NULL) memcpy(server.association, association, sizeof server.association);
    if (type == DHCP6_DECLINE || type == DHCP6_RELEASE)
        server.given_back = association[12 + 4 + 15];
    if (type == DHCP6_DECLINE) server.address++;
    if (server.is_silent) return;
    bool is_search = type == DHCP6_SOLICIT;
    if (type == DHCP6_REQUEST && server.status == DHCP6_STATUS_NOBINDING) server.status = 0;
    if (is_search && server.other)
        other_size = make(other_answer, DHCP6_ADVERTISE, question, server.other, 0);
    answer_size = make(answer, is_search ? DHCP6_ADVERTISE : DHCP6_REPLY, question, server.name,
                       server.preference);
}

static err_t output(struct netif *unused, struct pbuf *bytes, const ip6_addr_t *to)
{
    uint8_t packet[600];
    size_t size = pbuf_copy_partial(bytes, packet, sizeof packet, 0);
    const struct udp_hdr *udp = (const struct udp_hdr *)(packet + IP6_HLEN);
    if (((const struct ip6_hdr *)packet)->_nexth != IP6_NEXTH_UDP || udp->dest != PP_HTONS(547))
        return ERR_OK;
    serve(packet + HEADERS, size - HEADERS);
    return ERR_OK;
}

static err_t netif_make(struct netif *made)
{
    made->mtu = 1500;
    made->output_ip6 = output;
    made->hwaddr_len = sizeof card;
    memcpy(made->hwaddr, card, sizeof card);
    NETIF_SET_CHECKSUM_CTRL(made, NETIF_CHECKSUM_DISABLE_ALL);
    return ERR_OK;
}

static void deliver(const uint8_t *message, size_t size)
{
    struct pbuf *bytes = pbuf_alloc(PBUF_RAW, (u16_t)(HEADERS + size), PBUF_RAM);
    struct ip6_hdr *ip = bytes->payload;
    struct udp_hdr *udp = (struct udp_hdr *)(ip + 1);
    memset(bytes->payload, 0, HEADERS);
    IP6H_VTCFL_SET(ip, 6, 0, 0);
    IP6H_PLEN_SET(ip, (u16_t)(UDP_HLEN + size));
    IP6H_NEXTH_SET(ip, IP6_NEXTH_UDP);
    ip->_hoplim = 64;
    ip->src.addr[0] = PP_HTONL(0xfe800000);
    ip->src.addr[3] = PP_HTONL(1);
    memcpy(ip->dest.addr, netif_ip6_addr(&netif, 0)->addr, 16);
    udp->src = PP_HTONS(547);
    udp->dest = PP_HTONS(546);
    udp->len = lwip_htons((u16_t)(UDP_HLEN + size));
    memcpy(udp + 1, message, size);
    if (netif.input(bytes, &netif) != ERR_OK) pbuf_free(bytes);
}

static void pass(uint32_t seconds)
{
    for (uint32_t i = 0; i < seconds * 10; i++) {
        now += 100;
        sys_check_timeouts();
        size_t first = other_size, second = answer_size;
        other_size = answer_size = 0;
        if (first) deliver(other_answer, first);
        if (second) deliver(answer, second);
    }
}

// A machine that a router told nothing yet; the server of name 1 gives fd00::`address`.
static void begin(uint8_t address)
{
    if (!netif.output_ip6) {
        lwip_init();
        netif_add_noaddr(&netif, NULL, netif_make, ip6_input);
        netif_create_ip6_linklocal_address(&netif, 1);
        netif_set_ip6_autoconfig_enabled(&netif, 1);
        netif_set_link_up(&netif);
        netif_set_up(&netif);
        (void)dhcp6_enable_stateless(&netif);
    }
    lwip_lease6_stop(&netif);
    pass(5);
    server = (struct server){.address = address, .name = 1};
}

static void start(uint8_t address)
{
    begin(address);
    dhcp6_nd6_ra_trigger(&netif, 1, 0);
    pass(10);
    memset(server.seen, 0, sizeof server.seen);
    memset(server.directed, 0, sizeof server.directed);
}

// The place of fd00::`last`; 0: it is not there.
static int place_of(uint8_t last)
{
    uint8_t wanted[16];
    put_address(wanted, last);
    for (int i = 1; i < LWIP_IPV6_NUM_ADDRESSES; i++)
        if (ip6_addr_isvalid(netif_ip6_addr_state(&netif, i)) &&
            memcmp(netif_ip6_addr(&netif, i)->addr, wanted, 16) == 0)
            return i;
    return 0;
}

static bool has(uint8_t last)
{
    int place = place_of(last);
    return place != 0 && lwip_address_is_leased(&netif, place);
}

TEST("without a router's word nobody is asked")
{
    begin(9);
    dhcp6_nd6_ra_trigger(&netif, 0, 0);
    pass(MINUTE);
    EXPECT(server.seen[DHCP6_SOLICIT] == 0 && !has(9));
}

TEST("where a router says so an address comes, with its times and a name server")
{
    start(9);
    int place = place_of(9);
    EXPECT(has(9) && netif_ip6_addr_state(&netif, place) == IP6_ADDR_PREFERRED);
    EXPECT(netif_ip6_addr_valid_life(&netif, place) > VALID - MINUTE);
    EXPECT(netif_ip6_addr_pref_life(&netif, place) <= PREFERRED);
    EXPECT(ip_2_ip6(dns_getserver(0))->addr[3] == PP_HTONL(53));
    EXPECT(strcmp(lwip_told_domain(), "first.example second") == 0);
    lwip_temporary_look(&netif);
    for (int i = 1; i < LWIP_IPV6_NUM_ADDRESSES; i++) EXPECT(!lwip_address_is_temporary(&netif, i));
}

TEST("it is renewed at T1 where it came from, and again")
{
    start(9);
    pass(T1 - MINUTE);
    EXPECT(server.seen[DHCP6_RENEW] == 0);
    pass(2 * MINUTE);
    EXPECT(has(9) && server.seen[DHCP6_RENEW] == 1 && server.directed[DHCP6_RENEW] == 1);
    EXPECT(netif_ip6_addr_valid_life(&netif, place_of(9)) > VALID - 2 * MINUTE);
    pass(T1);
    EXPECT(has(9) && server.seen[DHCP6_RENEW] == 2 && server.seen[DHCP6_REBIND] == 0);
}

TEST("when the server is silent all are asked at T2, and at the end the address is gone")
{
    start(9);
    server.is_silent = true;
    pass(T2 - MINUTE);
    EXPECT(has(9) && server.seen[DHCP6_RENEW] > 1 && server.seen[DHCP6_REBIND] == 0);
    pass(2 * MINUTE);
    EXPECT(has(9) && server.seen[DHCP6_REBIND] > 0 && server.directed[DHCP6_REBIND] == 0);
    pass(VALID - T2);
    EXPECT(!has(9) && server.seen[DHCP6_SOLICIT] > 0);
    server.is_silent = false;
    server.address = 10;
    pass(10 * MINUTE);
    EXPECT(has(10));
}

TEST("another server may answer who asks all")
{
    start(9);
    server.is_silent = true;
    pass(T2 - MINUTE);
    server.name = 2;
    server.is_silent = false;
    pass(T1 - MINUTE);
    EXPECT(has(9) && server.seen[DHCP6_REBIND] == 1);
    pass(2 * MINUTE);
    EXPECT(has(9) && server.seen[DHCP6_RENEW] > 0 && server.asked_of == 2);
}

TEST("of two offers the one that is preferred is taken")
{
    begin(9);
    server.other = 7;
    server.preference = 5;
    dhcp6_nd6_ra_trigger(&netif, 1, 0);
    pass(10);
    EXPECT(has(9) && server.seen[DHCP6_SOLICIT] == 1 && server.seen[DHCP6_REQUEST] == 1);
    EXPECT(server.asked_of == 1);
}

TEST("an address that somebody has is declined, and another one is got")
{
    start(20);
    netif_ip6_addr_set_state(&netif, (s8_t)place_of(20), IP6_ADDR_DUPLICATED);
    pass(2);
    EXPECT(!has(20) && server.seen[DHCP6_DECLINE] == 1 && server.given_back == 20);
    pass(MINUTE);
    EXPECT(has(21) && server.seen[DHCP6_DECLINE] == 1);
}

TEST("that it is declined is said four times to a server that is silent")
{
    start(20);
    server.is_silent = true;
    netif_ip6_addr_set_state(&netif, (s8_t)place_of(20), IP6_ADDR_DUPLICATED);
    pass(MINUTE);
    EXPECT(!has(20) && server.seen[DHCP6_DECLINE] == 4 && server.directed[DHCP6_DECLINE] == 4);
    EXPECT(server.seen[DHCP6_SOLICIT] > 0);
}

TEST("a renewal that says nothing of the address leaves it, and is asked for again")
{
    start(9);
    server.forgets = true;
    pass(T1 + MINUTE);
    EXPECT(has(9) && server.seen[DHCP6_RENEW] > 1 && server.seen[DHCP6_SOLICIT] == 0);
    server.forgets = false;
    server.status = DHCP6_STATUS_NOADDRSAVAIL;
    pass(T2 - T1);
    EXPECT(has(9) && server.seen[DHCP6_REBIND] > 0);
    server.status = 0;
    server.besides = 30;
    pass(2 * MINUTE);
    EXPECT(has(9) && has(30) && netif_ip6_addr_valid_life(&netif, place_of(9)) > T1);
}

TEST("an address that is taken back is gone, and another one is used at once if there is one")
{
    start(9);
    server.takes_back = true;
    server.besides = 30;
    pass(T1 + MINUTE);
    EXPECT(!has(9) && has(30) && server.seen[DHCP6_RENEW] == 1);
    start(9);
    server.takes_back = true;
    pass(T1 + MINUTE);
    EXPECT(!has(9) && server.seen[DHCP6_RENEW] == 1 && server.seen[DHCP6_SOLICIT] > 0);
}

static void cable_moved(void)
{
    netif_set_link_down(&netif);
    pass(5);
    netif_set_link_up(&netif);
}

TEST("when the cable was out it is asked whether the address fits, and kept if nobody knows")
{
    start(9);
    cable_moved();
    pass(3);
    EXPECT(has(9) && server.seen[DHCP6_CONFIRM] == 1 && server.directed[DHCP6_CONFIRM] == 0);
    server.is_silent = true;
    cable_moved();
    pass(MINUTE);
    EXPECT(has(9) && server.seen[DHCP6_CONFIRM] >= 4 && server.seen[DHCP6_CONFIRM] <= 6);
    EXPECT(server.seen[DHCP6_SOLICIT] == 0);
    server.is_silent = false;
    pass(T1);
    EXPECT(has(9) && server.seen[DHCP6_RENEW] == 1);
}

TEST("in another network the address is dropped, and one of there is got")
{
    start(9);
    server.status = DHCP6_STATUS_NOTONLINK;
    cable_moved();
    pass(3);
    EXPECT(!has(9) && server.seen[DHCP6_CONFIRM] == 1);
    server.status = 0;
    server.address = 40;
    pass(MINUTE);
    EXPECT(has(40));
}

TEST("who asks in vain asks soon when the cable is in another network")
{
    begin(9);
    server.is_silent = true;
    dhcp6_nd6_ra_trigger(&netif, 1, 0);
    pass(30 * MINUTE);
    server.is_silent = false;
    cable_moved();
    pass(5);
    EXPECT(has(9));
}

TEST("a server that wants to be asked every second is not")
{
    start(9);
    server.is_at_once = true;
    pass(T1 + MINUTE);
    EXPECT(server.seen[DHCP6_RENEW] + server.seen[DHCP6_REBIND] < 10);
}

TEST("who is refused asks again, but not at once")
{
    begin(9);
    server.status = DHCP6_STATUS_NOADDRSAVAIL;
    dhcp6_nd6_ra_trigger(&netif, 1, 0);
    pass(MINUTE);
    EXPECT(!has(9) && server.seen[DHCP6_REQUEST] > 1 && server.seen[DHCP6_REQUEST] < 8);
    server.status = 0;
    pass(MINUTE);
    EXPECT(has(9));
}

TEST("an address of which the server knows nothing is asked for anew")
{
    start(9);
    server.status = DHCP6_STATUS_NOBINDING;
    pass(T1 + MINUTE);
    EXPECT(has(9) && server.seen[DHCP6_RENEW] == 1 && server.seen[DHCP6_REQUEST] >= 1);
    EXPECT(server.seen[DHCP6_SOLICIT] == 0);
}

TEST("questions that nobody answers come in growing distances, and so do answers to others' alike")
{
    begin(9);
    server.is_silent = true;
    dhcp6_nd6_ra_trigger(&netif, 1, 0);
    pass(70);
    EXPECT(server.seen[DHCP6_SOLICIT] >= 5 && server.seen[DHCP6_SOLICIT] <= 7);
    server.is_silent = false;
    server.lies = true;
    pass(10 * MINUTE);
    EXPECT(!has(9) && server.seen[DHCP6_REQUEST] == 0);
    server.lies = false;
    server.is_nobody = true;
    pass(30 * MINUTE);
    EXPECT(!has(9) && server.seen[DHCP6_REQUEST] == 0);
    server.is_nobody = false;
    pass(60 * MINUTE);
    EXPECT(has(9));
}

TEST("an address is given back when it is needed no more")
{
    start(9);
    lwip_lease6_stop(&netif);
    EXPECT(!has(9) && server.seen[DHCP6_RELEASE] == 1 && server.given_back == 9);
    pass(T1 + MINUTE);
    EXPECT(server.seen[DHCP6_RENEW] == 0 && server.seen[DHCP6_SOLICIT] == 0);
}

TEST("of several addresses each is used, and all are renewed and given back")
{
    begin(9);
    server.besides = 30;
    dhcp6_nd6_ra_trigger(&netif, 1, 0);
    pass(10);
    EXPECT(has(9) && has(30) && server.seen[DHCP6_REQUEST] == 1 && server.named == 2);
    pass(T1);
    EXPECT(server.seen[DHCP6_RENEW] == 1 && server.named == 2);
    EXPECT(netif_ip6_addr_valid_life(&netif, place_of(30)) > VALID - MINUTE);
    cable_moved();
    pass(3);
    EXPECT(server.seen[DHCP6_CONFIRM] == 1 && server.named == 2 && has(9) && has(30));
    lwip_lease6_stop(&netif);
    EXPECT(server.seen[DHCP6_RELEASE] == 1 && server.named == 2 && !place_of(9) && !place_of(30));
}

TEST("of several addresses one may be somebody else's, be taken back, or not be renewed")
{
    start(9);
    server.besides = 30;
    pass(T1);
    EXPECT(has(9) && has(30));
    netif_ip6_addr_set_state(&netif, (s8_t)place_of(9), IP6_ADDR_DUPLICATED);
    pass(5);
    EXPECT(server.seen[DHCP6_DECLINE] == 1 && server.named == 1 && server.given_back == 9);
    EXPECT(!has(9) && has(30) && server.seen[DHCP6_SOLICIT] == 0);
    pass(T1);
    EXPECT(has(10) && has(30) && server.seen[DHCP6_RENEW] == 2); // another in its place
    server.takes_back = true;
    pass(T1);
    EXPECT(!has(10) && has(30) && server.seen[DHCP6_SOLICIT] == 0);
    server.takes_back = false;
    server.besides = 0;
    server.address = 40;
    pass(T1 + MINUTE);
    EXPECT(has(30) && has(40));
    pass(VALID);
    EXPECT(!has(30) && has(40) && server.seen[DHCP6_SOLICIT] == 0);
}

TEST("a second card has the machine's name and a number of its own")
{
    static struct netif second;
    uint8_t of_first[4];
    start(9);
    memcpy(of_first, server.association, sizeof of_first);
    EXPECT(memcmp(server.asking, client.name, sizeof client.name) == 0);
    netif_add_noaddr(&second, NULL, netif_make, ip6_input);
    second.hwaddr[0] = 2; // the rest is as the first one's
    netif_create_ip6_linklocal_address(&second, 1);
    netif_set_ip6_autoconfig_enabled(&second, 1);
    netif_set_link_up(&second);
    netif_set_up(&second);
    (void)dhcp6_enable_stateless(&second);
    server.is_silent = true;
    dhcp6_nd6_ra_trigger(&second, 1, 0);
    pass(5);
    EXPECT(server.seen[DHCP6_SOLICIT] > 0);
    EXPECT(memcmp(server.asking, client.name, sizeof client.name) == 0);
    EXPECT(memcmp(server.association, of_first, sizeof of_first) != 0);
    lwip_lease6_stop(&second);
    dhcp6_cleanup(&second);
    netif_remove(&second);
}

TEST("an answer that is not whole is not believed, wherever it ends, nor one with sizes that lie")
{
    static const uint8_t question[] = {DHCP6_REQUEST, 1, 2, 3};
    static const struct lease6_client somebody = {{0, 3, 0, 1}, .association = ASSOCIATION};
    struct lease6_client another = client;
    uint8_t whole[400];
    struct lease6_answer read;
    begin(9);
    another.association++;
    size_t size = make(whole, DHCP6_REPLY, question, 1, 0);
    EXPECT(lease6_read(whole, size, &client, &read));
    EXPECT(read.given.count == 1 && read.given.list[0].valid == VALID &&
           read.transaction == 0x010203 && read.name_server_count == 1);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *part = malloc(cut); // whoever reads behind it is found out
        memcpy(part, whole, cut);
        bool is_whole = lease6_read(part, cut, &client, &read);
        free(part);
        EXPECT(!is_whole || read.name_server_count == 0);
    }
    for (size_t i = 4; i < size; i++) {
        uint8_t *copy = malloc(size);
        memcpy(copy, whole, size);
        copy[i] ^= 0xff;
        (void)lease6_read(copy, size, &client, &read);
        free(copy);
    }
    EXPECT(!lease6_read(whole, size, &somebody, &read));
    EXPECT(lease6_read(whole, size, &another, &read) && !read.has_association);
}
