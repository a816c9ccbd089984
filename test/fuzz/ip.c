// SPDX-License-Identifier: MIT
// uses: lwip
// Feeds lwIP and what the IP service puts on it with frames. An input is a script of records: what
// happens (1 byte), how many bytes belong to it (1, FRAME has 2), and they: a frame as it is, a
// segment for the connection that there is, time that passes, and what programs do meanwhile.
// Checksums are neither made nor looked at, random numbers count up, so that inputs can be right.
#include "service/ip/ip.h"
#include "test/lwip.h"

#include <lwip/dhcp.h>
#include <lwip/dhcp6.h>
#include <lwip_lease6.h>
#include <lwip/init.h>
#include <lwip/ip4_frag.h>
#include <lwip/ip6_frag.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/prot/ethernet.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/tcp.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>
#include <lwip/udp.h>
#include <netif/ethernet.h>
#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <stdlib.h>
#include <string.h>

#include "service/ip/address.c"
#include "service/ip/datagram.c"
#include "service/ip/frame.c"
#include "service/ip/number.c"
#include "service/ip/option.c"
#include "service/ip/port.c"
#include "service/ip/route.c"
#include "service/ip/rule.c"
#include "service/ip/tcp.c"

const char *link_name(const struct netif *any)
{
    return "ether0";
}

enum record : uint8_t { FRAME, SEGMENT, TIME, READ, WRITE, SHUTDOWN, CALL, DIAL, SEND, RECORDS };

enum : uint32_t { CALLS = 4, SEQUENCE = 0x10000, PORT = 80, FAR_PORT = 4000, TIME_UNIT = 50 };

static const uint8_t near[6] = {2, 0, 0, 0, 0, 1}, far[6] = {2, 0, 0, 0, 0, 2};
static uint32_t random_number;
static struct netif netif;
static struct conversation *listener, *datagrams, *calls[CALLS];

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

// What lwIP asks of its host.

uint32_t lwip_random(void)
{
    return random_number++ * 0x9e3779b9;
}

bool lwip_random_is_secret(void)
{
    return true;
}

u32_t lwip_initial_sequence(const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote,
                            u16_t remote_port)
{
    return SEQUENCE;
}

// UDP, as udp.c has it, whose functions have the names of tcp.c's.

static void datagram_came(void *argument, struct udp_pcb *pcb, struct pbuf *packet,
                          const ip_addr_t *remote, uint16_t port)
{
    datagram_queue(argument, packet, remote, port);
}

static int8_t datagram_send(struct conversation *conversation, const struct outgoing *outgoing)
{
    return udp_sendto(conversation->pcb, outgoing->packet, &outgoing->remote, outgoing->port);
}

static void datagrams_end(struct conversation *conversation)
{
    udp_remove(conversation->pcb);
    datagrams_drop(conversation);
}

static const struct protocol datagram_protocol = {.close = datagrams_end};

static struct conversation *datagrams_begin(void)
{
    struct conversation *made = conversation_create(&datagram_protocol, nullptr, (struct owner){});
    struct udp_pcb *pcb = udp_new_ip_type(IPADDR_TYPE_ANY);
    if (pcb == nullptr || udp_bind(pcb, IP_ANY_TYPE, PORT) != ERR_OK) abort();
    made->pcb = pcb;
    made->has_headers = true;
    udp_recv(pcb, datagram_came, made);
    return made;
}

// What the protocols ask of conversations.

void p9_print(struct p9_text *text, const char *format, ...) {}

struct conversation *conversation_create(const struct protocol *protocol, struct view *view,
                                         struct owner owner)
{
    struct conversation *made = calloc(1, sizeof *made);
    if (made == nullptr) abort();
    made->protocol = protocol;
    made->last_datagram = &made->first_datagram;
    return made;
}

void conversation_destroy(struct conversation *conversation)
{
    while (conversation->first_call != nullptr) {
        struct conversation *call = conversation->first_call;
        conversation->first_call = call->next_call;
        conversation_destroy(call);
    }
    conversation->protocol->close(conversation);
    free(conversation);
}

void conversation_touch(struct conversation *conversation)
{
    conversation->is_touched = true;
}

// The link.

static err_t link_output(struct netif *unused, struct pbuf *packet)
{
    uint8_t bytes[2048];
    if (packet->tot_len > sizeof bytes) abort();
    (void)pbuf_copy_partial(packet, bytes, packet->tot_len, 0);
    return ERR_OK;
}

static err_t link_make(struct netif *made)
{
    made->mtu = 1500;
    made->hwaddr_len = 6;
    memcpy(made->hwaddr, near, 6);
    made->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_IGMP |
                  NETIF_FLAG_MLD6;
    made->linkoutput = link_output;
    made->output = etharp_output;
    made->output_ip6 = ethip6_output;
    NETIF_SET_CHECKSUM_CTRL(made, NETIF_CHECKSUM_DISABLE_ALL);
    return ERR_OK;
}

static void frame_input(const uint8_t *bytes, size_t size)
{
    struct pbuf *packet = frame_make(bytes, (uint32_t)size);
    if (packet == nullptr) abort();
    if (frame_is_spoofed(packet)) {
        pbuf_free(packet);
        return;
    }
    if (netif.input(packet, &netif) != ERR_OK) pbuf_free(packet);
}

// A segment from the other end of a connection: whose (1), flags (1), how far its place is from the
// one expected (2) and what it acknowledges from what was sent last (2), bytes of options (1), and
// options and content.
static void segment_input(const uint8_t *record, size_t size)
{
    struct {
        struct eth_hdr ethernet;
        struct ip_hdr ip;
        struct tcp_hdr tcp;
    } __attribute__((packed)) head = {};
    uint8_t frame[sizeof head + 256];
    const struct conversation *call = calls[size == 0 ? 0 : record[0] % CALLS];
    if (size < 7 || call == nullptr || call->pcb == nullptr) return;
    const struct tcp_pcb *pcb = call->pcb;
    uint32_t options = record[6] & 0x28 & ~3u;
    if (size - 7 < options) return;
    memcpy(&head.ethernet.dest, near, 6);
    memcpy(&head.ethernet.src, far, 6);
    head.ethernet.type = lwip_htons(ETHTYPE_IP);
    IPH_VHL_SET(&head.ip, 4, 5);
    IPH_TTL_SET(&head.ip, 64);
    IPH_PROTO_SET(&head.ip, IP_PROTO_TCP);
    IPH_LEN_SET(&head.ip, lwip_htons((uint16_t)(IP_HLEN + TCP_HLEN + size - 7)));
    head.ip.src.addr = ip_2_ip4(&pcb->remote_ip)->addr;
    head.ip.dest.addr = ip_2_ip4(&pcb->local_ip)->addr;
    head.tcp.src = lwip_htons(pcb->remote_port);
    head.tcp.dest = lwip_htons(pcb->local_port);
    head.tcp.seqno = lwip_htonl(pcb->rcv_nxt + (uint32_t)(int16_t)(record[2] | record[3] << 8));
    head.tcp.ackno = lwip_htonl(pcb->snd_nxt + (uint32_t)(int16_t)(record[4] | record[5] << 8));
    TCPH_HDRLEN_FLAGS_SET(&head.tcp, 5 + options / 4, record[1] & 0x3f);
    head.tcp.wnd = lwip_htons(0x4000);
    memcpy(frame, &head, sizeof head);
    memcpy(frame + sizeof head, record + 7, size - 7);
    frame_input(frame, sizeof head + size - 7);
}

// What programs do.

static void time_pass(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        now += TIME_UNIT;
        sys_check_timeouts();
    }
}

static void accept_calls(void)
{
    for (uint32_t i = 0; i < CALLS && listener->first_call != nullptr; i++) {
        if (calls[i] != nullptr) continue;
        calls[i] = listener->first_call;
        listener->first_call = calls[i]->next_call;
        listener->calls--;
        tcp_calls_changed(listener);
    }
}

static void dial(uint32_t which)
{
    ip_addr_t address = IPADDR4_INIT_BYTES(10, 0, 0, 2);
    if (calls[which] != nullptr) return;
    struct conversation *made = calls[which] =
        conversation_create(&tcp_protocol, nullptr, (struct owner){});
    if (made->protocol->create(made) != 0) abort();
    (void)made->protocol->connect(made, &address, FAR_PORT);
}

static void hang_up(uint32_t which)
{
    if (calls[which] == nullptr) return;
    conversation_destroy(calls[which]);
    calls[which] = nullptr;
}

static void datagrams_exchange(const uint8_t *bytes, size_t size)
{
    uint8_t room[128];
    while (datagrams->first_datagram != nullptr &&
           datagram_read(datagrams, room, sizeof room) > 0) {
    }
    (void)datagram_write(datagrams, bytes, size, datagram_send);
}

static void act(enum record record, const uint8_t *bytes, size_t size)
{
    static uint8_t content[1 << 16];
    uint32_t which = size == 0 ? 0 : bytes[0] % CALLS;
    size_t count = size < 2 ? 1 : (size_t)bytes[1] << 8;
    struct conversation *call = calls[which];
    switch (record) {
    case FRAME: frame_input(bytes, size); break;
    case SEGMENT: segment_input(bytes, size); break;
    case TIME: time_pass(size == 0 ? 1 : bytes[0]); break;
    case CALL: hang_up(which); break;
    case DIAL: dial(which); break;
    case SEND: datagrams_exchange(bytes, size); break;
    default:
        if (call == nullptr) return;
        if (record == READ) (void)call->protocol->read(call, content, count);
        if (record == WRITE && call->error == 0 && !call->is_local_closed)
            (void)call->protocol->write(call, content, count);
        if (record == SHUTDOWN) (void)call->protocol->shutdown(call);
    }
}

static void begin(void)
{
    ip4_addr_t address, mask, gateway;
    ip_addr_t any = *IP_ANY_TYPE;
    random_number = 1;
    IP4_ADDR(&address, 10, 0, 0, 1);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&gateway, 10, 0, 0, 2);
    netif_add(&netif, &address, &mask, &gateway, nullptr, link_make, ethernet_input);
    netif_set_default(&netif);
    netif_create_ip6_linklocal_address(&netif, 1);
    netif_set_ip6_autoconfig_enabled(&netif, 1);
    netif_set_link_up(&netif);
    netif_set_up(&netif);
    (void)dhcp_start(&netif);
    (void)dhcp6_enable_stateless(&netif);
    netif_set_addr(&netif, &address, &mask, &gateway);
    listener = conversation_create(&tcp_protocol, nullptr, (struct owner){});
    datagrams = datagrams_begin();
    if (tcp_protocol.create(listener) != 0) abort();
    if (tcp_protocol.bind(listener, &any, PORT) != 0) abort();
    if (tcp_protocol.announce(listener, CALLS) != 0) abort();
}

// Nothing of one input may be there for the next.
static void end(void)
{
    for (uint32_t i = 0; i < CALLS; i++) hang_up(i);
    conversation_destroy(listener);
    conversation_destroy(datagrams);
    while (tcp_active_pcbs != nullptr) tcp_abort(tcp_active_pcbs);
    while (tcp_tw_pcbs != nullptr) tcp_abort(tcp_tw_pcbs);
    while (tcp_bound_pcbs != nullptr) tcp_abort(tcp_bound_pcbs);
    dhcp_release_and_stop(&netif);
    dhcp_cleanup(&netif);
    lwip_lease6_stop(&netif);
    dhcp6_disable(&netif);
    dhcp6_cleanup(&netif);
    netif_remove(&netif);
    for (uint32_t i = 0; i < 256; i++) {
        ip_reass_tmr();
        ip6_reass_tmr();
    }
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    lwip_init();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    begin();
    uint32_t passed = 0;
    while (size >= 3) {
        enum record record = input[0] % RECORDS;
        size_t head = record == FRAME ? 3 : 2;
        size_t count = record == FRAME ? input[1] | (size_t)input[2] << 8 : input[1];
        input += head;
        size -= head;
        if (count > size) count = size;
        if (record == TIME) passed += count == 0 ? 1 : input[0];
        if (passed > 4000) break;
        act(record, input, count);
        accept_calls();
        netif_poll_all();
        input += count;
        size -= count;
    }
    end();
    return 0;
}
