// SPDX-License-Identifier: MIT
// lwIP as Ferrite uses it: one thread without an operating system below, both versions of IP,
// windows large enough for a fast link, and every table as long as memory and the service's quota
// allow.
#pragma once

// One thread; memory from the C library by heap.c, so that nothing has a fixed number of places.
#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define MEM_CUSTOM_ALLOCATOR 1
#define MEM_CUSTOM_MALLOC lwip_heap_allocate
#define MEM_CUSTOM_CALLOC lwip_heap_allocate_zeroed
#define MEM_CUSTOM_FREE lwip_heap_free
#define MEMCPY(to, from, size) lwip_copy(to, from, size)
#define MEMP_MEM_MALLOC 1
#define MEM_ALIGNMENT 16
#define MEM_SIZE (64 << 20)

// Links. Checksums that a card makes are turned off for its link: offload.c.
#define LWIP_ARP 1
#define LWIP_ETHERNET 1
#define ARP_QUEUEING 1
#define ETH_PAD_SIZE 0
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1
#define LWIP_CHECKSUM_ON_COPY 0 // what stays on this host needs none
#define LWIP_CHKSUM lwip_checksum
#define PBUF_POOL_BUFSIZE 1664
#define LWIP_HAVE_LOOPIF 1
#define LWIP_NETIF_LOOPBACK 1
#define LWIP_LOOPBACK_MAX_PBUFS 0
#define LWIP_NETIF_HOSTNAME 1
#define LWIP_NETIF_API 0
#define LWIP_NETIF_STATUS_CALLBACK 1
#define LWIP_NETIF_LINK_CALLBACK 1
#define LWIP_NETIF_EXT_STATUS_CALLBACK 1
#define LWIP_NETIF_TX_SINGLE_PBUF 0
#define LWIP_NUM_NETIF_CLIENT_DATA 2 // privacy.c's and lease6.c's

// Both versions of IP, addresses got by DHCP and by router advertisements.
#define LWIP_IPV4 1
#define LWIP_IPV6 1
#define IP_FORWARD 0
#define IP_REASSEMBLY 1
#define IP_FRAG 1
#define IP_REASS_MAX_PBUFS 256 // that stay when there is no memory for more
#define IP_REASS_MAX_BYTES (384 << 10) // of pieces, in each version: pieces.patch
#define IP_REASS_MAX_BYTES_SENDER (IP_REASS_MAX_BYTES / 2) // two of the largest packets
#define IP_REASS_COST 256 // of a piece, besides its bytes
#define IP_SOF_BROADCAST 1
#define IP_SOF_BROADCAST_RECV 1
#define LWIP_ICMP 1
#define LWIP_IGMP 1
#define LWIP_RAW 1
#define LWIP_DHCP 1
#define LWIP_ACD 1
#define LWIP_DHCP_DOES_ACD_CHECK 1 // acd.patch says how fast
#define LWIP_DHCP_MAX_DNS_SERVERS 4
#define LWIP_DHCP_GET_NTP_SRV 1
#define LWIP_DHCP_MAX_NTP_SERVERS 4
#define DHCP_ADD_EXTRA_REQUEST_OPTIONS , 15 // the domain
#define LWIP_IPV6_AUTOCONFIG 1
#define LWIP_IPV6_NUM_ADDRESSES 8
#define LWIP_IPV6_FRAG 1
#define LWIP_IPV6_REASS 1
#define IPV6_FRAG_COPYHEADER 1 // pointers are wider than the header that would hold them
#define LWIP_IPV6_MLD 1
#define LWIP_ND6_NUM_PREFIXES 16
#define LWIP_ND6_NUM_ROUTERS 8
#define LWIP_ND6_RDNSS_MAX_DNS_SERVERS 4
#define LWIP_IPV6_DHCP6 1
#define LWIP_IPV6_DHCP6_STATELESS 1
#define LWIP_DHCP6_MAX_DNS_SERVERS 4

// Names.
#define LWIP_DNS 1
#define DNS_TABLE_SIZE 32
#define DNS_MAX_NAME_LENGTH 256
#define DNS_MAX_SERVERS 4
#define LWIP_DNS_SECURE                                                                            \
    (LWIP_DNS_SECURE_RAND_XID | LWIP_DNS_SECURE_NO_MULTIPLE_OUTSTANDING |                          \
     LWIP_DNS_SECURE_RAND_SRC_PORT)

// UDP and TCP. Windows of up to 2 MiB: 16 bits shifted by 5. A segment is as large as its link lets
// it, and has 32 KiB of data on this host itself. The window is told anew when a quarter of it has
// been read.
#define LWIP_UDP 1
#define LWIP_TCP 1
#define LWIP_ALTCP 0
#define LWIP_WND_SCALE 1
#define TCP_RCV_SCALE 5
#define TCP_MSS ((32 << 10) + 12) // the timestamps' option is part of it
#define LWIP_DISABLE_TCP_SANITY_CHECKS 1 // they take segments for smaller
#define TCP_WND (1 << 20)
#define TCP_SND_BUF (1 << 20)
#define TCP_SND_QUEUELEN (4 * TCP_SND_BUF / 1460)
#define TCP_SNDLOWAT (32 << 10)
#define TCP_OVERSIZE 1460
#define TCP_WND_UPDATE_THRESHOLD (TCP_WND_MAX(pcb) / 4)
#define TCP_QUEUE_OOSEQ 1
#define LWIP_TCP_SACK_OUT 1
#define LWIP_TCP_TIMESTAMPS 1
#define TCP_LISTEN_BACKLOG 1
#define TCP_DEFAULT_LISTEN_BACKLOG 128
#define LWIP_TCP_KEEPALIVE 1
#define SO_REUSE 1
#define SO_REUSE_RXTOALL 1
#define LWIP_TCP_RTO_TIME 1000 // RFC 6298, section 2
#define TCP_TMR_INTERVAL 100   // ms; retransmission is timed in steps of twice this
#define LWIP_TCP_RTO_MOST 60000 // ms, of connect.patch; RFC 6298, section 2, rule 2.5
#define TCP_SYNMAXRTX 7         // three minutes: RFC 9293, section 3.8.3

// Counters, shown below /net. Complaints are kept to those that tell of a defect.
#define LWIP_STATS 1
#define LWIP_STATS_LARGE 1
#define LWIP_STATS_DISPLAY 0
#define MEM_STATS 0
#define MEMP_STATS 0
#define SYS_STATS 0
#define MIB2_STATS 1
#define LWIP_DEBUG 0

#define LWIP_HOOK_FILENAME <lwip_hooks.h>
