// SPDX-License-Identifier: MIT
// How many messages of errors are sent: those of ICMP and ICMPv6, of all kinds, take from one bucket of
// tokens, which fills slowly (RFC 4443, section 2.4(f); RFC 1812, section 4.3.2.8). So who sends
// packets in another's name has not many sent there. What a message costs is drawn at random: who
// asks a port in another's name, and then counts how many are left for his own, learns nothing of
// that port. What stays on this host costs nothing.
#include <lwip_hooks.h>

#include <lwip/sys.h>

enum : u32_t {
    BUCKET = 100,   // tokens; a message costs one to three
    TOKEN_TIME = 5, // ms until there is another
    COST_MOST = 3,
};

u32_t lwip_errors_kept;

static u32_t tokens = BUCKET, filled_at; // ms
static u32_t cost = COST_MOST;           // of the next message

static void fill(void)
{
    u32_t more = (sys_now() - filled_at) / TOKEN_TIME;
    if (more > BUCKET - tokens) more = BUCKET - tokens;
    tokens += more;
    filled_at = tokens == BUCKET ? sys_now() : filled_at + more * TOKEN_TIME;
}

bool lwip_error_spend(const ip_addr_t *to)
{
    if (lwip_address_is_own(to)) return true;
    fill();
    if (tokens < cost) {
        lwip_errors_kept++;
        return false;
    }
    tokens -= cost;
    cost = 1 + LWIP_RAND() % COST_MOST;
    return true;
}
