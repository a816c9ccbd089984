// SPDX-License-Identifier: MIT
// Questions that are being asked. Each attempt has an id and a port of its own, drawn at random.
// One server is asked at a time, the one first that answered last; when it says nothing in time, or
// does not know, the next one. Who is sent answers that are none is being deceived, perhaps: he
// asks by a stream. When no server can be asked while the machine is getting an address, which may
// bring one, the question waits for that.
#include "resolve.h"

#include <9p/client.h>
#include <abi/errno.h>
#include <abi/syscalls.h>
#include <dial/dial.h>
#include <ferrite/clock.h>
#include <ferrite/entropy.h>
#include <ferrite/log.h>
#include <ferrite/memory.h>
#include <stdlib.h>
#include <string.h>

#include "exchange.h"
#include "table.h"

enum : uint64_t {
    SECOND = 1'000'000'000,
    PATIENCE = 1 * SECOND, // with a datagram, in the first round
    STREAM_PATIENCE = 5 * SECOND,
    SERVER_PATIENCE = 20 * SECOND, // with what may bring servers, which ends by itself before
    LEAST_TTL = 1 * SECOND,        // so that those who wait for it find it
    FAILURE_TTL = 2 * SECOND,
};
enum : uint32_t { ROUNDS = 3, WRONG_MOST = 8 };
// What one takes, with its files and whoever waits for it; half of the service's memory is theirs.
enum : uint64_t { QUERY_BYTES = 4 << 10, PART = 2 };

struct query {
    struct place place; // first
    struct query *next, *previous;
    struct settings settings;
    uint32_t server, round, wrong;
    bool is_stream;
    uint16_t id;
    uint64_t deadline, last;  // of this attempt; until when servers are waited for
    enum outcome failure;     // when there is nobody else to be asked
    struct exchange exchange; // without data: there is no attempt
    struct answer answer;
};

static struct query *queries;
static struct index asked; // the same ones, by what they are asked for
static struct cache cache;
static char good_server[ADDRESS_SIZE]; // that answered last
static struct dial_watch watch;
static enum outcome logged_failure; // why nobody could be asked, as the log says already

static void settings_read(struct settings *settings)
{
    char *text = p9_read_whole("/net/resolv.conf");
    settings_parse(text == nullptr ? "" : text, settings);
    free(text);
    for (uint32_t i = 1; i < settings->servers; i++) {
        if (strcmp(settings->server[i], good_server) != 0) continue;
        memcpy(settings->server[i], settings->server[0], ADDRESS_SIZE);
        memcpy(settings->server[0], good_server, ADDRESS_SIZE);
    }
}

static uint64_t patience(const struct query *query)
{
    return query->is_stream ? STREAM_PATIENCE : PATIENCE << query->round;
}

static bool attempt_server(struct query *query)
{
    uint8_t question[QUESTION_MOST];
    const struct answer *answer = &query->answer;
    exchange_end(&query->exchange);
    query->exchange.is_stream = query->is_stream;
    query->deadline = fe_clock_after(patience(query));
    size_t size = question_write(&answer->last, answer->question.type, query->id, question);
    return exchange_begin(&query->exchange, query->settings.server[query->server], question,
                          size) == 0;
}

// Asks the present server, or the next one that can be asked. False: there is none left.
static bool attempt(struct query *query)
{
    for (; query->round < ROUNDS; query->round++, query->server = 0) {
        for (; query->server < query->settings.servers; query->server++) {
            if (!fe_entropy(&query->id, sizeof query->id)) {
                query->failure = OUTCOME_NO_RANDOM;
                exchange_end(&query->exchange);
                return false;
            }
            if (attempt_server(query)) {
                query->failure = OUTCOME_FAILED;
                return true;
            }
            query->is_stream = false;
        }
    }
    exchange_end(&query->exchange);
    return false;
}

static bool attempt_next(struct query *query)
{
    query->server++;
    query->is_stream = false;
    query->wrong = 0;
    return attempt(query);
}

static bool attempt_stream(struct query *query)
{
    if (query->is_stream) return attempt_next(query);
    query->is_stream = true;
    return attempt(query);
}

static bool outcome_is_failure(enum outcome outcome)
{
    return outcome == OUTCOME_FAILED || outcome == OUTCOME_NO_WAY || outcome == OUTCOME_NO_RANDOM;
}

static void query_free(struct query *query)
{
    exchange_end(&query->exchange);
    answer_fini(&query->answer);
    free(query);
}

static void query_end(struct query *query, enum outcome outcome)
{
    struct answer *answer = &query->answer;
    bool is_failure = outcome_is_failure(outcome);
    uint64_t ttl = is_failure ? FAILURE_TTL : answer->ttl * SECOND;
    uint8_t code = outcome == OUTCOME_NO_NAME ? CODE_NO_NAME : CODE_OK;
    answer_end(answer, is_failure ? CODE_FAILED : code);
    if (ttl < LEAST_TTL) ttl = LEAST_TTL;
    [[maybe_unused]] bool is_kept = cache_put(&cache, answer, outcome, fe_clock_after(ttl));
    if (!is_failure) memcpy(good_server, query->settings.server[query->server], sizeof good_server);
    *(query->previous == nullptr ? &queries : &query->previous->next) = query->next;
    if (query->next != nullptr) query->next->previous = query->previous;
    index_remove(&asked, &query->place);
    query_free(query);
    resolve_changed();
}

static void failure_log(enum outcome failure)
{
    if (failure == logged_failure) return;
    logged_failure = failure;
    if (failure == OUTCOME_NO_WAY) fe_log("there is no name server, or no way to one");
    if (failure == OUTCOME_NO_RANDOM)
        fe_log("no random numbers: no name is asked for, since answers could be forged");
}

// Nobody is left to be asked.
static void give_up(struct query *query)
{
    bool waits = watch.is_coming && fe_clock_monotonic() < query->last;
    query->deadline = query->last;
    if (query->failure == OUTCOME_NO_WAY && waits) return;
    failure_log(query->failure);
    query_end(query, query->failure);
}

// What follows from a message. False: it is not being asked any more.
static bool heard(struct query *query, const uint8_t *message, size_t size)
{
    enum outcome outcome = answer_read(&query->answer, query->id, message, size);
    bool goes_on = false;
    switch (outcome) {
    case OUTCOME_WRONG:
        if (++query->wrong < WRONG_MOST) return true;
        goes_on = attempt_stream(query);
        break;
    case OUTCOME_TRUNCATED: goes_on = attempt_stream(query); break;
    case OUTCOME_FAILED: goes_on = query->answer.links <= LINKS_MOST && attempt_next(query); break;
    case OUTCOME_MORE:
        query->is_stream = false;
        goes_on = attempt(query);
        break;
    default: query_end(query, outcome); return false;
    }
    if (!goes_on) give_up(query);
    return goes_on;
}

// As far as it goes without waiting.
static void query_run(struct query *query)
{
    for (;;) {
        const uint8_t *message;
        int64_t size = exchange_run(&query->exchange, &message);
        if (size >= 0) {
            if (!heard(query, message, (size_t)size)) return;
            continue;
        }
        bool is_waiting = size == -EAGAIN && fe_clock_monotonic() < query->deadline;
        int ready = is_waiting ? exchange_poll(&query->exchange, server.event, BIT_NET) : -EIO;
        if (ready == 0) return;
        if (ready < 0 && !attempt_next(query)) return give_up(query);
    }
}

static bool has_room(void)
{
    static uint64_t most;
    struct fe_process_info info = {};
    if (most == 0 && fe_process_inspect(fe_process_self(), &info) == OK)
        most = info.memory_limit / PART / QUERY_BYTES;
    return asked.count < most;
}

static int query_begin(const struct question *question)
{
    if (!has_room()) return -EBUSY;
    struct query *query = calloc(1, sizeof *query);
    if (query == nullptr) return -ENOMEM;
    query->place.question = *question;
    if (!answer_begin(&query->answer, question) || !index_add(&asked, &query->place)) {
        query_free(query);
        return -ENOMEM;
    }
    query->next = queries;
    if (queries != nullptr) queries->previous = query;
    queries = query;
    query->failure = OUTCOME_NO_WAY;
    query->last = fe_clock_after(SERVER_PATIENCE);
    settings_read(&query->settings);
    (void)attempt(query); // resolve_run() goes on
    return P9_LATER;
}

int resolve(const struct question *question, const struct cache_entry **entry)
{
    *entry = cache_find(&cache, question, fe_clock_monotonic());
    if (*entry != nullptr) return 0;
    return index_find(&asked, question) == nullptr ? query_begin(question) : P9_LATER;
}

void resolve_signalled(struct p9_server *unused, uint64_t bits)
{
    dial_signalled(&watch, bits);
}

static bool is_stuck(void)
{
    const struct query *query = queries;
    while (query != nullptr && query->exchange.data != nullptr) query = query->next;
    return query != nullptr;
}

// With other servers than before everything may be otherwise.
static void settings_look(void)
{
    bool has_changed = is_stuck() ? dial_changed_now(&watch, server.event, BIT_SETTINGS)
                                  : dial_changed(&watch, server.event, BIT_SETTINGS);
    if (!has_changed) return;
    cache_clear(&cache);
    logged_failure = OUTCOME_FOUND;
    for (struct query *query = queries; query != nullptr; query = query->next) {
        if (query->exchange.data != nullptr) continue;
        settings_read(&query->settings);
        query->round = query->server = 0;
        (void)attempt(query);
    }
}

void resolve_run(void)
{
    uint64_t deadline = FE_FOREVER;
    settings_look();
    for (struct query *query = queries, *next; query != nullptr; query = next) {
        next = query->next;
        if (query->exchange.data == nullptr)
            give_up(query);
        else
            query_run(query);
    }
    for (const struct query *query = queries; query != nullptr; query = query->next) {
        if (query->deadline < deadline) deadline = query->deadline;
    }
    [[maybe_unused]] enum status status = fe_event_arm(server.event, BIT_TIMER, deadline, 0);
}
