// SPDX-License-Identifier: MIT
// Finds what was lost of a TCP stream, and says what is sent again: by the time when it was sent
// (RACK-TLP, RFC 8985) and by selective acknowledgements (RFC 2018); how much may be under way
// follows RFC 6675. It is for connections whose other end takes SACK; others have lwIP's own fast
// retransmission. lwIP calls it through lwip_hooks.h and at three places of recovery.patch. All
// times are sys_now(), ms; all places in the stream wrap.
#include <lwip_hooks.h>

#include <lwip/priv/tcp_priv.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>

// A segment among those that are not acknowledged, in the bits of its flags that lwIP leaves free.
enum : uint8_t { SEGMENT_ARRIVED = 0x20, SEGMENT_LOST = 0x40, SEGMENT_RESENT = 0x80 };

enum recovery_mode : uint8_t { MODE_OPEN, MODE_FAST, MODE_TIMED_OUT };

enum : uint32_t {
    OPTION_SACK = 5,
    DELAYED_ACK = 2 * TCP_TMR_INTERVAL, // ms: how long the other end may keep one back
    PROBE_LEAST = 10,                   // ms
    DUPLICATES = 3,
};

struct options { // of a header, which may be in two pieces
    const uint8_t *first, *second;
    uint16_t first_size, size;
};

static uint8_t option_byte(const struct options *options, uint32_t at)
{
    if (at < options->first_size) return options->first[at];
    return options->second[at - options->first_size];
}

static uint32_t option_number(const struct options *options, uint32_t at)
{
    uint32_t number = 0;
    for (uint32_t i = 0; i < 4; i++) number = number << 8 | option_byte(options, at + i);
    return number;
}

static uint32_t segment_start(const struct tcp_seg *segment)
{
    return lwip_ntohl(segment->tcphdr->seqno);
}

static uint32_t segment_end(const struct tcp_seg *segment)
{
    return segment_start(segment) + TCP_TCPLEN(segment);
}

// Whether the first was sent after the second.
static bool is_after(uint32_t at, uint32_t end, uint32_t other_at, uint32_t other_end)
{
    return TCP_SEQ_GT(at, other_at) || (at == other_at && TCP_SEQ_GT(end, other_end));
}

static bool is_used(const struct tcp_pcb *pcb)
{
    return pcb->state >= ESTABLISHED && (pcb->flags & TF_SACK) != 0;
}

static void sample(struct lwip_recovery *recovery, uint32_t time)
{
    if (!recovery->has_samples) {
        recovery->smooth = 8 * time;
        recovery->shortest = time;
        recovery->has_samples = true;
        return;
    }
    recovery->smooth += time - recovery->smooth / 8;
    if (time < recovery->shortest) recovery->shortest = time;
}

// RFC 8985, section 6.2, steps 1 to 3.
static void arrived(struct tcp_pcb *pcb, struct tcp_seg *segment)
{
    struct lwip_recovery *recovery = &pcb->recovery;
    uint32_t end = segment_end(segment), time = sys_now() - segment->sent_at;
    bool was_resent = (segment->flags & SEGMENT_RESENT) != 0;
    segment->flags = (uint8_t)((segment->flags & ~SEGMENT_LOST) | SEGMENT_ARRIVED);
    recovery->may_send = true;
    if (!was_resent)
        sample(recovery, time);
    else if (!recovery->has_samples || time < recovery->shortest)
        return; // it may be the first one that arrived
    if (!was_resent && recovery->has_delivery && TCP_SEQ_LT(end, recovery->highest_end))
        recovery->has_overtaking = true;
    if (!recovery->has_delivery || TCP_SEQ_GT(end, recovery->highest_end))
        recovery->highest_end = end;
    if (!recovery->has_delivery ||
        is_after(segment->sent_at, end, recovery->sent_at, recovery->sent_end)) {
        recovery->sent_at = segment->sent_at;
        recovery->sent_end = end;
        recovery->round_trip = time;
    }
    recovery->has_delivery = true;
}

static void block_arrived(struct tcp_pcb *pcb, uint32_t start, uint32_t end)
{
    if (!TCP_SEQ_LT(start, end) || TCP_SEQ_GT(end, pcb->snd_nxt)) return;
    for (struct tcp_seg *segment = pcb->unacked; segment != NULL; segment = segment->next) {
        if ((segment->flags & SEGMENT_ARRIVED) != 0) continue;
        if (TCP_SEQ_GEQ(segment_start(segment), start) && TCP_SEQ_LEQ(segment_end(segment), end))
            arrived(pcb, segment);
    }
}

static void blocks_arrived(struct tcp_pcb *pcb, const struct options *options)
{
    for (uint32_t at = 0; at + 1 < options->size;) {
        uint8_t kind = option_byte(options, at);
        if (kind == LWIP_TCP_OPT_EOL) return;
        if (kind == LWIP_TCP_OPT_NOP) {
            at++;
            continue;
        }
        uint8_t size = option_byte(options, at + 1);
        if (size < 2 || at + size > options->size) return;
        for (uint32_t block = 2; kind == OPTION_SACK && block + 8 <= size; block += 8)
            block_arrived(pcb, option_number(options, at + block),
                          option_number(options, at + block + 4));
        at += size;
    }
}

// How many segments arrived though one before them has not.
static uint32_t arrived_count(const struct tcp_pcb *pcb)
{
    uint32_t count = 0;
    for (const struct tcp_seg *segment = pcb->unacked; segment != NULL; segment = segment->next)
        count += (segment->flags & SEGMENT_ARRIVED) != 0;
    return count;
}

// How much later than others a segment may arrive and is not lost; section 6.2, step 4.
static uint32_t patience(const struct tcp_pcb *pcb)
{
    const struct lwip_recovery *recovery = &pcb->recovery;
    if (!recovery->has_overtaking &&
        (recovery->mode != MODE_OPEN || arrived_count(pcb) >= DUPLICATES))
        return 0;
    return 1 + recovery->shortest / 4;
}

static void halve(struct tcp_pcb *pcb)
{
    tcpwnd_size_t half = LWIP_MIN(pcb->cwnd, pcb->snd_wnd) / 2;
    pcb->ssthresh = LWIP_MAX(half, (tcpwnd_size_t)(2 * pcb->mss));
    pcb->cwnd = pcb->ssthresh;
    pcb->bytes_acked = 0;
}

static struct {
    uint32_t at;
    bool is_armed;
} timer;

static void timer_run(void *unused);

static void check_at(struct tcp_pcb *pcb, uint32_t at)
{
    pcb->recovery.check_at = at;
    pcb->recovery.has_check = true;
    if (timer.is_armed && !TCP_SEQ_LT(at, timer.at)) return;
    if (timer.is_armed) sys_untimeout(timer_run, NULL);
    uint32_t now = sys_now();
    timer.at = at;
    timer.is_armed = true;
    sys_timeout(TCP_SEQ_GT(at, now) ? at - now : 0, timer_run, NULL);
}

// Marks what is lost, by what was sent later and has arrived; section 6.2, step 5.
static void losses_find(struct tcp_pcb *pcb)
{
    struct lwip_recovery *recovery = &pcb->recovery;
    uint32_t now = sys_now(), most = 0, allowance = recovery->round_trip + patience(pcb);
    bool has_lost = false;
    if (!recovery->has_delivery) return;
    for (struct tcp_seg *segment = pcb->unacked; segment != NULL; segment = segment->next) {
        if ((segment->flags & (SEGMENT_ARRIVED | SEGMENT_LOST)) != 0) continue;
        if (!is_after(recovery->sent_at, recovery->sent_end, segment->sent_at,
                      segment_end(segment)))
            continue;
        uint32_t passed = now - segment->sent_at;
        if (passed >= allowance) {
            segment->flags |= SEGMENT_LOST;
            has_lost = true;
        } else if (allowance - passed > most) {
            most = allowance - passed;
        }
    }
    if (most != 0) check_at(pcb, now + most);
    if (!has_lost || recovery->mode != MODE_OPEN) return;
    recovery->mode = MODE_FAST;
    recovery->recover = pcb->snd_nxt;
    pcb->rtime = 0;
    halve(pcb);
}

static void acknowledged(struct tcp_pcb *pcb, uint32_t number)
{
    struct lwip_recovery *recovery = &pcb->recovery;
    for (struct tcp_seg *segment = pcb->unacked; segment != NULL; segment = segment->next) {
        if (TCP_SEQ_GT(segment_end(segment), number)) break;
        if ((segment->flags & SEGMENT_ARRIVED) == 0) arrived(pcb, segment);
    }
    if (recovery->mode != MODE_OPEN && TCP_SEQ_GEQ(number, recovery->recover))
        recovery->mode = MODE_OPEN;
    if (!recovery->has_probed || TCP_SEQ_LT(number, recovery->probe_end)) return;
    // Section 7.4: without a word of having arrived twice, the probe repaired a loss.
    if (recovery->has_probed_again && recovery->mode == MODE_OPEN) halve(pcb);
    recovery->has_probed = false;
}

// The first look at a segment that came for this connection, before lwIP's own.
err_t lwip_recovery_receive(struct tcp_pcb *pcb, const struct tcp_hdr *header,
                            uint16_t options_size, uint16_t first_size, const uint8_t *second)
{
    struct lwip_recovery *recovery = &pcb->recovery;
    if (!is_used(pcb) || (TCPH_FLAGS(header) & TCP_ACK) == 0) return ERR_OK;
    pcb->dupacks = 0; // lwIP's own is not for these
    if (TCP_SEQ_LT(header->ackno, pcb->lastack) || TCP_SEQ_GT(header->ackno, pcb->snd_nxt))
        return ERR_OK;
    struct options options = {(const uint8_t *)header + TCP_HLEN, second, first_size, options_size};
    recovery->has_check = false;
    if (header->ackno != pcb->lastack) {
        recovery->active_at = sys_now();
        acknowledged(pcb, header->ackno);
    }
    blocks_arrived(pcb, &options);
    losses_find(pcb);
    return ERR_OK;
}

void lwip_recovery_sent(struct tcp_pcb *pcb, struct tcp_seg *segment)
{
    segment->sent_at = sys_now();
    pcb->recovery.active_at = segment->sent_at;
}

// All that has not arrived is lost; the other end may also have dropped what it once told of.
bool lwip_recovery_timed_out(struct tcp_pcb *pcb)
{
    if (!is_used(pcb)) return false;
    bool has_broken_word = (pcb->unacked->flags & SEGMENT_ARRIVED) != 0;
    for (struct tcp_seg *segment = pcb->unacked; segment != NULL; segment = segment->next) {
        if (has_broken_word) segment->flags = (uint8_t)(segment->flags & ~SEGMENT_ARRIVED);
        if ((segment->flags & SEGMENT_ARRIVED) == 0) segment->flags |= SEGMENT_LOST;
    }
    pcb->recovery.mode = MODE_TIMED_OUT;
    pcb->recovery.recover = pcb->snd_nxt;
    pcb->recovery.may_send = true;
    pcb->recovery.has_probed = false;
    pcb->rttest = 0;
    return true;
}

// Bytes under way: sent, and neither arrived nor lost.
static uint32_t flight(const struct tcp_pcb *pcb)
{
    uint32_t size = 0;
    for (const struct tcp_seg *segment = pcb->unacked; segment != NULL; segment = segment->next)
        if ((segment->flags & (SEGMENT_ARRIVED | SEGMENT_LOST)) == 0) size += TCP_TCPLEN(segment);
    return size;
}

static bool resend(struct tcp_pcb *pcb, struct tcp_seg *segment)
{
    if (lwip_tcp_resend(pcb, segment) != ERR_OK) return false;
    segment->flags = (uint8_t)((segment->flags & ~SEGMENT_LOST) | SEGMENT_RESENT);
    pcb->rttest = 0;
    MIB2_STATS_INC(mib2.tcpretranssegs);
    return true;
}

static void probe_plan(struct tcp_pcb *pcb)
{
    const struct lwip_recovery *recovery = &pcb->recovery;
    if (recovery->mode != MODE_OPEN || recovery->has_probed || recovery->has_check ||
        !recovery->has_samples || pcb->unacked == NULL)
        return;
    uint32_t wait = LWIP_MAX(recovery->smooth / 4, PROBE_LEAST); // twice the round trip
    if (pcb->unacked->next == NULL) wait += DELAYED_ACK;
    check_at(pcb, recovery->active_at + wait);
}

// When nothing is under way one segment may be (RFC 5681, section 3.1), also one from when segments
// were larger than now.
static tcpwnd_size_t window_at_rest(const struct tcp_pcb *pcb)
{
    if (pcb->unacked != NULL || pcb->unsent == NULL) return pcb->cwnd;
    return LWIP_MAX(pcb->cwnd, (tcpwnd_size_t)TCP_TCPLEN(pcb->unsent));
}

// Sends again what is lost, as far as the congestion window allows. How far after the first byte
// that is not acknowledged the stream may go on.
tcpwnd_size_t lwip_recovery_output(struct tcp_pcb *pcb)
{
    struct lwip_recovery *recovery = &pcb->recovery;
    if (!is_used(pcb) || pcb->unacked == NULL) return window_at_rest(pcb);
    if (recovery->mode == MODE_FAST) pcb->cwnd = pcb->ssthresh; // it does not grow meanwhile
    uint32_t size = flight(pcb);
    for (struct tcp_seg *segment = pcb->unacked; segment != NULL; segment = segment->next) {
        if ((segment->flags & SEGMENT_LOST) == 0) continue;
        if (size + TCP_TCPLEN(segment) > pcb->cwnd && !recovery->may_send) break;
        if (!resend(pcb, segment)) {
            check_at(pcb, sys_now() + PROBE_LEAST);
            break;
        }
        recovery->may_send = false;
        size += TCP_TCPLEN(segment);
    }
    recovery->may_send = false;
    probe_plan(pcb);
    uint32_t window = pcb->cwnd + (pcb->snd_nxt - pcb->lastack) - size;
    return window;
}

// RFC 8985, section 7.3: the answer tells what of the end of the stream has not arrived.
static void probe(struct tcp_pcb *pcb)
{
    struct lwip_recovery *recovery = &pcb->recovery;
    uint32_t before = pcb->snd_nxt;
    tcpwnd_size_t window = pcb->cwnd;
    recovery->has_probed = true;
    pcb->cwnd += pcb->mss;
    (void)tcp_output(pcb);
    pcb->cwnd = window;
    recovery->has_probed_again = pcb->snd_nxt == before;
    struct tcp_seg *last = pcb->unacked;
    while (last->next != NULL) last = last->next;
    if (recovery->has_probed_again) (void)resend(pcb, last);
    recovery->probe_end = pcb->snd_nxt;
    pcb->rtime = 0;
}

static void check(struct tcp_pcb *pcb)
{
    pcb->recovery.has_check = false;
    if (pcb->unacked == NULL) return;
    losses_find(pcb);
    pcb->recovery.may_send = true;
    uint32_t size = flight(pcb);
    bool is_probe = pcb->recovery.mode == MODE_OPEN && !pcb->recovery.has_probed &&
                    !pcb->recovery.has_check && size != 0;
    if (is_probe)
        probe(pcb);
    else
        (void)tcp_output(pcb);
}

static void timer_run(void *unused)
{
    uint32_t now = sys_now();
    timer.is_armed = false;
    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
        if (!pcb->recovery.has_check) continue;
        if (TCP_SEQ_GT(pcb->recovery.check_at, now))
            check_at(pcb, pcb->recovery.check_at);
        else
            check(pcb);
    }
}
