// SPDX-License-Identifier: MIT
// What is believed of messages about a path of IPv4, and what follows. The other end, and the
// router between, are this test.
#include <stdbool.h> // the C of lwIP has none of its own

#include "test/lwip_end.h"
#include "test/unit.h"

#include <lwip/etharp.h>
#include <lwip/icmp.h>
#include <lwip/prot/icmp.h>
#include <lwip/timeouts.h>
#include <lwip_hooks.h>
#include <lwip_table.h>
#include <netif/ethernet.h>
#include <string.h>

enum : uint32_t { PORT = 9000, SECOND = 1000, MINUTE = 60000, THEIRS = 5000, NEAR = 200 };

static struct {
    struct ip_hdr ip;
    struct tcp_hdr tcp;
} last;                  // packet that was sent
static uint16_t largest; // of all
static err_t failure;
static uint32_t far_number = 1; // each test has an end of its own: 10.0.0.0 plus this

static err_t output(struct netif *unused, struct pbuf *bytes, const ip4_addr_t *to)
{
    pbuf_copy_partial(bytes, &last, sizeof last, 0);
    if (bytes->tot_len > largest) largest = bytes->tot_len;
    return ERR_OK;
}

static err_t sink(struct netif *unused, struct pbuf *bytes)
{
    return ERR_OK;
}

static void on_failed(void *unused, err_t error)
{
    failure = error;
}

static err_t on_connected(void *unused, struct tcp_pcb *pcb, err_t error)
{
    return ERR_OK;
}

static ip_addr_t far_address(void)
{
    ip_addr_t far = IPADDR4_INIT_BYTES(10, 0, 0, 0);
    ip_2_ip4(&far)->addr |= lwip_htonl(far_number);
    return far;
}

static struct tcp_pcb *call(void)
{
    (void)machine_start(NEAR, output);
    far_number++;
    failure = ERR_OK;
    ip_addr_t far = far_address();
    struct tcp_pcb *pcb = tcp_new();
    tcp_err(pcb, on_failed);
    (void)tcp_connect(pcb, &far, PORT, on_connected);
    return pcb;
}

static void arrive(uint8_t protocol, const void *bytes, uint16_t size)
{
    ip_addr_t far = far_address();
    packet_input(&far, protocol, bytes, size);
}

static void answer(void) // the other end takes the call
{
    ip_addr_t far = far_address();
    struct {
        struct tcp_hdr head;
        uint8_t options[4];
    } segment = {segment_head(PORT, lwip_ntohs(last.tcp.src), TCP_SYN | TCP_ACK, THEIRS,
                              lwip_ntohl(last.tcp.seqno) + 1),
                 {2, 4, 1460 >> 8, 1460 & 255}};
    TCPH_HDRLEN_SET(&segment.head, sizeof segment / 4);
    segment.head.wnd = lwip_htons(UINT16_MAX);
    segment_input(&far, &segment, sizeof segment);
}

// A router's word about the last packet, as it was or with another number and size.
static void tell(uint8_t code, uint32_t told, int32_t number, uint16_t size)
{
    struct {
        struct icmp_hdr icmp;
        struct ip_hdr ip;
        uint8_t begin[8];
    } message = {.icmp = {.type = ICMP_DUR, .code = code, .data = lwip_htonl(told)}, .ip = last.ip};
    struct tcp_hdr tcp = last.tcp;
    tcp.seqno = lwip_htonl(lwip_ntohl(tcp.seqno) + (uint32_t)number);
    if (size != 0) message.ip._len = lwip_htons(size);
    memcpy(message.begin, &tcp, sizeof message.begin);
    message.icmp.chksum = inet_chksum(&message, sizeof message);
    arrive(IP_PROTO_ICMP, &message, sizeof message);
}

static struct tcp_pcb *connection(void)
{
    static const char bytes[1400];
    struct tcp_pcb *pcb = call();
    answer();
    (void)tcp_write(pcb, bytes, sizeof bytes, 0);
    (void)tcp_output(pcb);
    return pcb;
}

static uint16_t known(void)
{
    ip_addr_t far = far_address();
    return lwip_path_mtu(ip_2_ip4(&far), &netif);
}

static void pass(uint32_t time)
{
    for (uint32_t end = now + time; now != end; now++) sys_check_timeouts();
}

TEST("a router's word of a path is believed when it can be true")
{
    struct tcp_pcb *pcb = connection();
    EXPECT(IPH_LEN(&last.ip) == lwip_htons(1440) && last.ip._offset == PP_HTONS(IP_DF));
    tell(ICMP_DUR_FRAG, 1300, -1400, 0); // it was acknowledged, or another's
    tell(ICMP_DUR_FRAG, 1300, 1400, 0);  // it was not sent yet
    tell(ICMP_DUR_FRAG, 1440, 0, 0);     // it would have passed
    tell(ICMP_DUR_FRAG, 67, 0, 0);
    tell(ICMP_DUR_FRAG, 9000, 0, 0);
    last.ip._proto = IP_PROTO_UDP;
    tell(ICMP_DUR_FRAG, 1300, 0, 0);
    last.ip._proto = IP_PROTO_TCP;
    EXPECT(known() == 1500);
    tell(ICMP_DUR_FRAG, 1300, 0, 0);
    EXPECT(known() == 1300);
    tell(ICMP_DUR_FRAG, 1400, 0, 0); // no more than is known
    EXPECT(known() == 1300);
    tcp_abort(pcb);
}

TEST("a router that does not say how much is taken for the next smaller kind of link")
{
    struct tcp_pcb *pcb = connection();
    tell(ICMP_DUR_FRAG, 0, 0, 0);
    EXPECT(known() == 1006);
    tell(ICMP_DUR_FRAG, 0, 0, 1006);
    EXPECT(known() == 552); // 508 is less than is done
    tcp_abort(pcb);
}

TEST("what waits is cut and sent again, and what follows is smaller")
{
    struct tcp_pcb *pcb = connection();
    tell(ICMP_DUR_FRAG, 1300, 0, 0);
    largest = 0;
    last.ip._offset = 0;
    pass(4 * SECOND);
    EXPECT(largest > 1200 && largest <= 1300 && last.ip._offset != 0);
    EXPECT((last.ip._offset & PP_HTONS(IP_DF)) == 0);
    ip_addr_t far = far_address();
    EXPECT(tcp_eff_send_mss(1460, &pcb->local_ip, &far) == 1260);
    tcp_abort(pcb);
}

TEST("below 552 bytes nobody is asked not to cut")
{
    struct tcp_pcb *pcb = connection();
    tell(ICMP_DUR_FRAG, 296, 0, 0);
    ip_addr_t far = far_address();
    EXPECT(known() == 552 && lwip_path_flags(IP_PROTO_TCP, ip_2_ip4(&far)) == 0);
    tcp_abort(pcb);
}

// The next end is known for so much.
static void learn(uint16_t size)
{
    struct tcp_pcb *pcb = connection();
    tell(ICMP_DUR_FRAG, size, 0, 0);
    tcp_abort(pcb);
}

static uint16_t known_of(uint32_t number)
{
    uint32_t last_number = far_number;
    far_number = number;
    uint16_t size = known();
    far_number = last_number;
    return size;
}

TEST("what is known is forgotten after ten minutes")
{
    learn(1300);
    uint32_t first = far_number;
    now += 5 * MINUTE;
    learn(1200);
    now += 4 * MINUTE;
    EXPECT(known_of(first) == 1300 && known_of(first + 1) == 1200);
    now += 2 * MINUTE;
    EXPECT(known_of(first) == 1500 && known_of(first + 1) == 1200);
    now += 4 * MINUTE;
    EXPECT(known_of(first + 1) == 1500);
}

TEST("without room for one more the oldest is forgotten, and a new word makes one young")
{
    lwip_table_room = 0; // the least: 64
    struct tcp_pcb *pcb = connection();
    struct ip_hdr quoted_ip = last.ip;
    struct tcp_hdr quoted_tcp = last.tcp;
    tell(ICMP_DUR_FRAG, 1300, 0, 0);
    uint32_t first = far_number;
    for (uint32_t i = 1; i < 64; i++, now++) learn(1300);
    EXPECT(known_of(first) == 1300 && known_of(first + 1) == 1300 && known_of(first + 63) == 1300);
    uint32_t last_number = far_number;
    far_number = first;
    last.ip = quoted_ip;
    last.tcp = quoted_tcp;
    tell(ICMP_DUR_FRAG, 1200, 0, 0);
    tcp_abort(pcb);
    far_number = last_number;
    learn(1300);
    EXPECT(known_of(first) == 1200 && known_of(first + 1) == 1500 && known_of(first + 2) == 1300);
    EXPECT(known() == 1300);
}

TEST("thousands of paths are known, as many as there is room for, and memory does not grow further")
{
    enum : uint32_t { FIRST = 1 << 16, MANY = 3000, FLOOD = 6000, ROOM = 1 << 20 };
    lwip_table_room = ROOM;
    now += 11 * MINUTE;
    uint32_t first = FIRST + 1, before = far_number;
    far_number = FIRST;
    for (uint32_t i = 0; i < MANY; i++) learn((uint16_t)(600 + i % 700));
    for (uint32_t i = 0; i < MANY; i++) EXPECT(known_of(first + i) == 600 + i % 700);
    for (uint32_t i = 0; i < FLOOD; i++) learn(1300);
    EXPECT(known_of(first + MANY - 1) == 1500 && known() == 1300);
    uint32_t count = 0;
    for (uint32_t i = 0; i < MANY + FLOOD; i++) count += known_of(first + i) != 1500;
    EXPECT(count == 4096);
    EXPECT(known_of(far_number - 4095) == 1300 && known_of(far_number - 4096) == 1500);
    far_number = before;
}

TEST("a call fails by a router's word, a connection does not")
{
    (void)call();
    tell(ICMP_DUR_HOST, 0, 1, 0);
    EXPECT(failure == ERR_OK);
    tell(ICMP_DUR_HOST, 0, 0, 0);
    EXPECT(failure == ERR_RTE);
    (void)call();
    tell(ICMP_DUR_PORT, 0, 0, 0);
    EXPECT(failure == ERR_RST);
    struct tcp_pcb *pcb = connection();
    tell(ICMP_DUR_HOST, 0, 0, 0);
    tell(ICMP_DUR_PORT, 0, 0, 0);
    EXPECT(failure == ERR_OK && pcb->state == ESTABLISHED);
    tcp_abort(pcb);
}

TEST("a call to a neighbour who is not there fails after some seconds")
{
    (void)call(); // makes the interface
    netif.output = etharp_output;
    netif.linkoutput = sink;
    netif.hwaddr_len = ETH_HWADDR_LEN;
    netif.flags |= NETIF_FLAG_ETHARP | NETIF_FLAG_BROADCAST;
    (void)call();
    pass(10 * SECOND);
    EXPECT(failure == ERR_RTE);
}
