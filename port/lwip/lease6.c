// SPDX-License-Identifier: MIT
// The life of an address that a server of DHCPv6 gives (RFC 8415, section 18.2): all servers are
// asked, the best offer is taken, renewed at T1 where it came from and at T2 anywhere, confirmed
// where the cable may have come to another network, and given back. Questions are repeated in
// growing distances (section 15). Addresses that somebody else has are declined. One timer for each
// interface, once a second while it has such an address.
#include "lease6_message.h"

#include <lwip/dns.h>
#include <lwip/mem.h>
#include <lwip/pbuf.h>
#include <lwip/prot/dhcp6.h>
#include <lwip/timeouts.h>
#include <lwip_hooks.h>
#include <string.h>

enum state { WAITING, SOLICITING, REQUESTING, DECLINING, CONFIRMING, BOUND, RENEWING, REBINDING };

enum {
    CLIENT_DATA = LWIP_NETIF_CLIENT_DATA_INDEX_MAX + 1,
    SECOND = 1000,      // ms
    FIRST_DELAY = 1000, // ms: less than that before the first question
    HOLD = 10 * 1000,   // ms, before all is begun anew
    REQUESTS = 10,      // without an answer: another server
    DECLINES = 4,
    CONFIRM = 10 * 1000, // ms without an answer: the address stays
    RENEW_LEAST = 10,    // s, whatever the server says
    BEST = 255,         // preference of an offer that needs no other to be waited for
};

// How a question is repeated: first and longest distance, in ms.
static const struct distance {
    uint32_t first, longest;
} distances[] = {
    [SOLICITING] = {1000, 3600 * 1000},
    [REQUESTING] = {1000, 30 * 1000},
    [DECLINING] = {1000, 3600 * 1000},
    [CONFIRMING] = {1000, 4000},
    [RENEWING] = {10 * 1000, 600 * 1000},
    [REBINDING] = {10 * 1000, 600 * 1000},
};

struct lease {
    enum state state;
    uint32_t transaction, tries;
    uint32_t waited, asked;     // ms since the last question, and the first
    uint32_t distance;          // ms until the next one
    uint32_t longest;           // ms between questions for a server
    uint32_t step;              // ms until the timer goes off
    uint32_t age, age_part;     // of the address: s, and ms
    struct lease6_answer offer; // the best one, or where the address is from
    bool has_offer;
    int index; // of the interface's addresses; 0: none is from a server
};

static void tick(void *interface);

static struct lease *lease_of(const struct netif *netif)
{
    return netif->client_data[CLIENT_DATA];
}

// Its name (section 11.4) is of the card's own address, and so is the association's (section 12):
// both stay, while the number of an interface is another one each time.
static struct lease6_client client_of(const struct netif *netif)
{
    const uint8_t *card = netif->hwaddr;
    struct lease6_client client = {
        .name = {0, DHCP6_DUID_LL, 0, 1, card[0], card[1], card[2], card[3], card[4], card[5]},
        .association = (uint32_t)card[2] << 24 | (uint32_t)card[3] << 16 | (uint32_t)card[4] << 8 |
                       card[5],
        .held = lease_of(netif)->offer.address,
    };
    return client;
}

// More or less by a tenth of `base`; `only_more` for the first question.
static uint32_t spread(uint32_t time, uint32_t base, bool only_more)
{
    uint32_t tenth = base / 10, part = tenth == 0 ? 0 : LWIP_RAND() % tenth;
    return only_more || (LWIP_RAND() & 1) != 0 ? time + part + 1 : time - part;
}

static bool is_linked(const struct netif *netif)
{
    return netif_is_up(netif) && netif_is_link_up(netif);
}

// From now on.
static void timer_set(struct netif *netif)
{
    struct lease *lease = lease_of(netif);
    uint32_t left = lease->distance > lease->waited ? lease->distance - lease->waited : 1;
    lease->step = lease->state == BOUND || !is_linked(netif) ? SECOND : left;
    if (lease->index != 0 && lease->step > SECOND) lease->step = SECOND;
    sys_untimeout(tick, netif);
    sys_timeout(lease->step, tick, netif);
}

static void send(struct netif *netif, uint8_t type, bool to_one)
{
    struct lease *lease = lease_of(netif);
    uint8_t bytes[LEASE6_MESSAGE_MAX];
    struct lease6_client client = client_of(netif);
    struct lease6_question question = {
        .type = type,
        .transaction = lease->transaction,
        .client = &client,
        .server = to_one ? lease->offer.server : NULL,
        .server_size = lease->offer.server_size,
        .names_address = type != DHCP6_SOLICIT,
        .waited = lease->asked,
    };
    size_t size = lease6_write(&question, bytes);
    struct pbuf *message = pbuf_alloc(PBUF_TRANSPORT, (u16_t)size, PBUF_RAM);
    if (message == NULL) return; // it is asked again
    (void)pbuf_take(message, bytes, (u16_t)size);
    (void)lwip_lease6_send(netif, message);
    pbuf_free(message);
}

static void ask(struct netif *netif)
{
    static const uint8_t types[] = {
        [SOLICITING] = DHCP6_SOLICIT,
        [REQUESTING] = DHCP6_REQUEST,
        [DECLINING] = DHCP6_DECLINE,
        [CONFIRMING] = DHCP6_CONFIRM,
        [RENEWING] = DHCP6_RENEW,
        [REBINDING] = DHCP6_REBIND,
    };
    struct lease *lease = lease_of(netif);
    enum state state = lease->state;
    uint32_t longest = state == SOLICITING ? lease->longest : distances[state].longest;
    bool is_first = lease->tries == 0;
    uint32_t base = is_first ? distances[state].first : lease->distance;
    uint32_t next = is_first ? base : 2 * base;
    if (next > longest) next = base = longest;
    lease->distance = spread(next, base, is_first && state == SOLICITING);
    if (is_first) lease->asked = 0;
    lease->tries++;
    lease->waited = 0;
    send(netif, types[state],
         state == REQUESTING || state == RENEWING || state == DECLINING);
}

static void enter(struct netif *netif, enum state state)
{
    struct lease *lease = lease_of(netif);
    lease->state = state;
    lease->tries = lease->waited = lease->asked = 0;
    lease->transaction = LWIP_RAND() & 0xffffff;
    lease->distance = LWIP_RAND() % FIRST_DELAY;
    if (state == WAITING) {
        lease->has_offer = false;
        lease->offer = (struct lease6_answer){};
    } else if (state != BOUND && state != CONFIRMING) {
        ask(netif);
    }
    timer_set(netif);
}

// Not at once: who is refused now would be again.
static void begin_again(struct netif *netif)
{
    enter(netif, WAITING);
    lease_of(netif)->distance = spread(HOLD, HOLD, false);
    timer_set(netif);
}

// --- The address --------------------------------------------------------------------------------

int lwip_address_is_leased(const struct netif *netif, int index)
{
    const struct lease *lease = lease_of(netif);
    return lease != NULL && lease->index == index && index != 0;
}

// Whether the interface has it still: places are used again.
static bool is_there(const struct netif *netif, const struct lease *lease)
{
    const ip6_addr_t *at = netif_ip6_addr(netif, lease->index);
    return !ip6_addr_isinvalid(netif_ip6_addr_state(netif, lease->index)) &&
           memcmp(at->addr, lease->offer.address.bytes, sizeof at->addr) == 0;
}

static void address_drop(struct netif *netif)
{
    struct lease *lease = lease_of(netif);
    if (lease->index != 0) netif_ip6_addr_set_state(netif, (s8_t)lease->index, IP6_ADDR_INVALID);
    lease->index = 0;
}

static int place_for(const struct netif *netif, const ip6_addr_t *address)
{
    int found = 0;
    for (int i = LWIP_IPV6_NUM_ADDRESSES - 1; i > 0; i--) {
        bool is_free = ip6_addr_isinvalid(netif_ip6_addr_state(netif, i));
        if (!is_free && ip6_addr_zoneless_eq(netif_ip6_addr(netif, i), address)) return i;
        if (is_free) found = i;
    }
    return found;
}

// False: there is no place for it, or it is none that one may have.
static bool address_set(struct netif *netif)
{
    struct lease *lease = lease_of(netif);
    const struct lease6_address *given = &lease->offer.address;
    ip6_addr_t address;
    memcpy(address.addr, given->bytes, sizeof address.addr);
    ip6_addr_clear_zone(&address);
    if (ip6_addr_ismulticast(&address) || ip6_addr_islinklocal(&address) ||
        ip6_addr_isloopback(&address) || ip6_addr_isany(&address))
        return false;
    int place = place_for(netif, &address);
    if (place == 0) return false;
    if (lease->index != place) address_drop(netif);
    bool is_new = ip6_addr_isinvalid(netif_ip6_addr_state(netif, place));
    if (is_new) ip_addr_copy_from_ip6(netif->ip6_addr[place], address);
    netif_ip6_addr_set_valid_life(netif, place, given->valid);
    netif_ip6_addr_set_pref_life(netif, place, given->preferred);
    lease->index = place;
    if (is_new)
        netif_ip6_addr_set_state(netif, (s8_t)place, IP6_ADDR_TENTATIVE);
    else if (netif_ip6_addr_state(netif, place) == IP6_ADDR_DEPRECATED && given->preferred != 0)
        netif_ip6_addr_set_state(netif, (s8_t)place, IP6_ADDR_PREFERRED);
    return true;
}

// When the server does not say (section 21.4), or would be asked all the time.
static void times_complete(struct lease6_address *address)
{
    uint32_t life = address->preferred != 0 ? address->preferred : address->valid;
    bool is_for_ever = life == LEASE6_FOR_EVER;
    if (address->renew == 0) address->renew = is_for_ever ? LEASE6_FOR_EVER : life / 2;
    if (address->rebind == 0) address->rebind = is_for_ever ? LEASE6_FOR_EVER : life / 5 * 4;
    if (address->renew < RENEW_LEAST) address->renew = RENEW_LEAST;
    if (address->rebind < address->renew) address->rebind = address->renew;
}

// --- Answers ------------------------------------------------------------------------------------

static bool is_usable(const struct lease6_answer *answer)
{
    return answer->status == DHCP6_STATUS_SUCCESS && answer->has_association &&
           answer->address.valid != 0;
}

static void offered(struct netif *netif, const struct lease6_answer *answer)
{
    struct lease *lease = lease_of(netif);
    if (!is_usable(answer)) return;
    if (!lease->has_offer || answer->preference > lease->offer.preference) lease->offer = *answer;
    lease->has_offer = true;
    if (answer->preference == BEST || lease->tries > 1) enter(netif, REQUESTING);
}

static void name_servers_take(const struct lease6_answer *answer, const uint8_t *message,
                              struct netif *netif)
{
    for (unsigned i = 0; i < answer->name_server_count && i < LWIP_DHCP6_MAX_DNS_SERVERS; i++) {
        ip_addr_t server = {};
        IP_SET_TYPE_VAL(server, IPADDR_TYPE_V6);
        memcpy(ip_2_ip6(&server)->addr, message + answer->name_servers + i * 16, 16);
        ip6_addr_assign_zone(ip_2_ip6(&server), IP6_UNKNOWN, netif);
        dns_setserver((u8_t)i, &server);
    }
}

static void granted(struct netif *netif, const struct lease6_answer *answer, const uint8_t *message)
{
    struct lease *lease = lease_of(netif);
    lease->offer = *answer;
    lease->age = lease->age_part = 0;
    times_complete(&lease->offer.address);
    if (!address_set(netif)) {
        address_drop(netif);
        begin_again(netif);
        return;
    }
    name_servers_take(answer, message, netif);
    lwip_told_domains(message + answer->domains, answer->domains_size);
    enter(netif, BOUND);
}

// Section 18.2.10.1. What is not said leaves things as they are: it is asked again.
static void refused(struct netif *netif, const struct lease6_answer *answer)
{
    struct lease *lease = lease_of(netif);
    bool is_lost = answer->is_taken_back || answer->status == DHCP6_STATUS_NOTONLINK;
    if (answer->status == DHCP6_STATUS_UNSPECFAIL) return;
    if (lease->state != REQUESTING && answer->status == DHCP6_STATUS_NOBINDING) {
        lease->offer.server_size = answer->server_size;
        memcpy(lease->offer.server, answer->server, answer->server_size);
        enter(netif, REQUESTING);
    } else if (lease->state == REQUESTING || is_lost) {
        address_drop(netif);
        begin_again(netif);
    }
}

// Section 18.2.10.3: any server knows of the network.
static void confirmed(struct netif *netif, const struct lease6_answer *answer)
{
    if (answer->status == DHCP6_STATUS_SUCCESS) {
        enter(netif, BOUND);
    } else if (answer->status == DHCP6_STATUS_NOTONLINK) {
        address_drop(netif);
        enter(netif, WAITING);
    }
}

static void replied(struct netif *netif, const struct lease6_answer *answer, const uint8_t *message)
{
    struct lease *lease = lease_of(netif);
    bool is_theirs = answer->server_size == lease->offer.server_size &&
                     memcmp(answer->server, lease->offer.server, answer->server_size) == 0;
    if (lease->state == CONFIRMING)
        confirmed(netif, answer);
    else if (!is_theirs && lease->state != REBINDING)
        return;
    else if (lease->state == DECLINING)
        begin_again(netif); // section 18.2.10.2: whatever it says
    else if (is_usable(answer))
        granted(netif, answer, message);
    else
        refused(netif, answer);
}

int lwip_lease6_receive(struct netif *netif, struct pbuf *message)
{
    struct lease *lease = lease_of(netif);
    uint8_t bytes[1500];
    struct lease6_answer answer;
    if (lease == NULL || lease->state == WAITING || lease->state == BOUND) return 0;
    size_t size = pbuf_copy_partial(message, bytes, sizeof bytes, 0);
    if (size != message->tot_len || size < 4) return 0;
    uint32_t transaction = (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    if (transaction != lease->transaction) return 0;
    struct lease6_client client = client_of(netif);
    if (!lease6_read(bytes, size, &client, &answer)) return 1;
    if (answer.longest_wait != 0) lease->longest = answer.longest_wait * SECOND;
    if (lease->state == SOLICITING && answer.type == DHCP6_ADVERTISE) offered(netif, &answer);
    if (lease->state != SOLICITING && answer.type == DHCP6_REPLY) replied(netif, &answer, bytes);
    return 1;
}

// --- Time ---------------------------------------------------------------------------------------

// What was asked is not answered.
static void repeat(struct netif *netif)
{
    struct lease *lease = lease_of(netif);
    if (lease->state == WAITING)
        enter(netif, SOLICITING);
    else if (lease->state == SOLICITING && lease->has_offer)
        enter(netif, REQUESTING);
    else if (lease->state == REQUESTING && lease->tries >= REQUESTS)
        enter(netif, WAITING);
    else if (lease->state == DECLINING && lease->tries >= DECLINES)
        begin_again(netif);
    else if (lease->state == CONFIRMING && lease->asked >= CONFIRM)
        enter(netif, BOUND); // section 18.2.3: as long as it lasts
    else
        ask(netif);
}

static void grow_older(struct netif *netif, uint32_t ms)
{
    struct lease *lease = lease_of(netif);
    const struct lease6_address *address = &lease->offer.address;
    if (lease->index == 0) return;
    lease->age_part += ms;
    lease->age += lease->age_part / SECOND;
    lease->age_part %= SECOND;
    if (!is_there(netif, lease)) {
        lease->index = 0;
        enter(netif, WAITING); // it was taken away
    } else if (ip6_addr_isduplicated(netif_ip6_addr_state(netif, lease->index))) {
        address_drop(netif);
        enter(netif, DECLINING); // section 18.2.8
    } else if (address->valid != LEASE6_FOR_EVER && lease->age >= address->valid) {
        address_drop(netif);
        enter(netif, WAITING);
    } else if (lease->state < REBINDING && address->rebind != LEASE6_FOR_EVER &&
               lease->age >= address->rebind) {
        enter(netif, REBINDING);
    } else if (lease->state == BOUND && address->renew != LEASE6_FOR_EVER &&
               lease->age >= address->renew) {
        enter(netif, RENEWING);
    }
}

static void tick(void *interface)
{
    struct netif *netif = interface;
    struct lease *lease = lease_of(netif);
    uint32_t ms = lease->step;
    if (is_linked(netif)) {
        lease->waited += ms;
        lease->asked += ms;
        if (lease->state != BOUND && lease->waited >= lease->distance) repeat(netif);
    }
    grow_older(netif, ms);
    timer_set(netif);
}

void lwip_lease6_advertised(struct netif *netif, int is_managed)
{
    struct lease *lease = lease_of(netif);
    if (!is_managed || lease != NULL || !netif->ip6_autoconfig_enabled) return;
    lease = mem_calloc(1, sizeof *lease);
    if (lease == NULL) return;
    netif->client_data[CLIENT_DATA] = lease;
    lease->longest = distances[SOLICITING].longest;
    enter(netif, WAITING);
}

void lwip_lease6_linked(struct netif *netif)
{
    struct lease *lease = lease_of(netif);
    if (lease != NULL) enter(netif, lease->index != 0 && is_there(netif, lease) ? CONFIRMING : WAITING);
}

void lwip_lease6_stop(struct netif *netif)
{
    struct lease *lease = lease_of(netif);
    if (lease == NULL) return;
    sys_untimeout(tick, netif);
    if (lease->index != 0) {
        lease->transaction = LWIP_RAND() & 0xffffff;
        lease->asked = 0;
        address_drop(netif); // it is not used any more from here on
        send(netif, DHCP6_RELEASE, true);
    }
    netif->client_data[CLIENT_DATA] = NULL;
    mem_free(lease);
}
