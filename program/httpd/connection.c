// SPDX-License-Identifier: MIT
// How a connection goes on: it reads a head, answers, and reads the next. Each stage has a time
// that the peer cannot make longer: for a head it begins with the first byte.

#include "httpd.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1'000'000;
}

static void time_give(struct connection *connection)
{
    connection->deadline = now() + options.seconds * 1000;
}

static void stage_enter(struct connection *connection, enum stage stage)
{
    connection->stage = stage;
    connection->waits = WENT;
    time_give(connection);
}

struct connection *connection_begin(int fd, bool is_plain, const struct in6_addr *peer)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection) return nullptr;
    connection->stream = (struct stream){.fd = fd, .is_plain = is_plain};
    connection->peer = *peer;
    connection->answer.file = -1;
    stage_enter(connection, SHAKES_HANDS);
    return connection;
}

bool connection_is_idle(const struct connection *connection)
{
    switch (connection->stage) {
    case READS_HEAD: return connection->head_size == 0;
    case ANSWERS: return false;
    default: return true;
    }
}

void connection_close(struct connection *connection)
{
    answer_free(&connection->answer);
    stream_close(&connection->stream);
    free(connection);
}

static void answer_begin(struct connection *connection)
{
    memcpy(connection->out, connection->answer.head, connection->answer.head_size);
    connection->out_size = connection->answer.head_size;
    connection->out_sent = 0;
    stage_enter(connection, ANSWERS);
}

static void refuse(struct connection *connection, int status)
{
    connection->head_size = 0;
    answer_refuse(&connection->answer, status, false);
    answer_begin(connection);
}

// False: the head is not whole.
static bool head_take(struct connection *connection)
{
    struct http_request request;
    size_t size = http_head_size(connection->head, connection->head_size);
    if (size == 0) {
        if (connection->head_size < sizeof connection->head) return false;
        refuse(connection, 431);
        return true;
    }
    int status = http_request_read(connection->head, size, &request);
    if (status != 200) {
        refuse(connection, status);
        return true;
    }
    connection->head_size -= size; // the rest is the next one's
    memmove(connection->head, connection->head + size, connection->head_size);
    answer_make(&connection->answer, &request);
    answer_begin(connection);
    return true;
}

static void head_read(struct connection *connection)
{
    size_t got, room = sizeof connection->head - connection->head_size;
    if (connection->head_size > 0 && head_take(connection)) return;
    connection->waits =
        stream_read(&connection->stream, connection->head + connection->head_size, room, &got);
    if (connection->waits != WENT) return;
    if (connection->head_size == 0) time_give(connection);
    connection->head_size += got;
    head_take(connection);
}

// More of the body; false: there is none, or the file has become shorter.
static bool body_read(struct connection *connection)
{
    struct answer *answer = &connection->answer;
    size_t part = answer->left < OUT_SIZE ? (size_t)answer->left : OUT_SIZE;
    if (part == 0) return false;
    if (answer->text) {
        memcpy(connection->out, answer->text, part);
        memmove(answer->text, answer->text + part, (size_t)answer->left - part);
    } else {
        ssize_t got = read(answer->file, connection->out, part);
        if (got <= 0) {
            answer->is_kept = false; // that less came is all that can be told
            return false;
        }
        part = (size_t)got;
    }
    answer->left -= part;
    connection->out_size = part;
    connection->out_sent = 0;
    time_give(connection); // for a piece as a whole, so that a byte now and then is not enough
    return true;
}

// The peer may still send; what is not read would take from it what it has not read.
static void linger(struct connection *connection)
{
    enum : int64_t { TIME = 2000 };
    stream_end(&connection->stream);
    stage_enter(connection, LINGERS);
    connection->deadline = now() + TIME;
}

static void answer_go_on(struct connection *connection)
{
    size_t written;
    if (connection->out_sent == connection->out_size && !body_read(connection)) {
        bool is_kept = connection->answer.is_kept;
        answer_free(&connection->answer);
        if (is_kept)
            stage_enter(connection, READS_HEAD);
        else
            linger(connection);
        return;
    }
    connection->waits = stream_write(&connection->stream, connection->out + connection->out_sent,
                                     connection->out_size - connection->out_sent, &written);
    if (connection->waits != WENT) return;
    connection->out_sent += written;
}

static void step(struct connection *connection)
{
    size_t got;
    switch (connection->stage) {
    case SHAKES_HANDS:
        connection->waits = stream_shake_hands(&connection->stream);
        if (connection->waits == WENT) stage_enter(connection, READS_HEAD);
        break;
    case READS_HEAD: head_read(connection); break;
    case ANSWERS: answer_go_on(connection); break;
    case LINGERS:
        connection->waits =
            stream_read(&connection->stream, connection->out, sizeof connection->out, &got);
        break;
    case CLOSED: break;
    }
    if (connection->waits == ENDED) connection->stage = CLOSED;
}

// A few steps, so that a fast peer leaves time for others.
void connection_go_on(struct connection *connection)
{
    enum { STEPS = 16 };
    connection->waits = WENT;
    for (int i = 0; i < STEPS && connection->waits == WENT; i++) step(connection);
}

// Who does not read does not leave what was sent behind, where it would take memory.
void connection_expire(struct connection *connection)
{
    if (connection->stage == ANSWERS) stream_reset(&connection->stream);
    if (connection->stage == READS_HEAD && connection->head_size > 0)
        refuse(connection, 408);
    else
        connection->stage = CLOSED;
}
