// SPDX-License-Identifier: MIT
// The stream that plays (virtio 1.2, sections 5.14.6.6 and 5.14.6.8). Its buffer is a ring of
// periods; a full one is the device's until it was played, which an interrupt tells. The stream
// begins when the buffer is full, or when no more is to come, and so plays without a gap from then
// on. A device that has nothing left while more may come is an underrun.
#include "sound.h"

#include <errno.h>
#include <ferrite/clock.h>
#include <string.h>

enum : uint32_t { HEADER_SIZE = 4, STATUS_SIZE = 8, SLOT_EXTRA = 64 };

// Where a slot lies: header and samples, then the status on a boundary of its own.
static struct slot *slot_place(struct sound *sound, uint32_t index)
{
    struct slot *slot = &sound->player.slot[index];
    size_t stride = (HEADER_SIZE + settings_period_size(&sound->settings) + SLOT_EXTRA - 1) &
                    ~(size_t)(STATUS_SIZE - 1);
    slot->at = sound->buffer.at + index * stride;
    slot->physical = sound->buffer.physical + index * stride;
    return slot;
}

static uint32_t status_offset(const struct sound *sound)
{
    return (HEADER_SIZE + settings_period_size(&sound->settings) + STATUS_SIZE - 1) &
           ~(STATUS_SIZE - 1);
}

static void slots_clear(struct sound *sound)
{
    struct player *player = &sound->player;
    for (uint32_t i = 0; i < PERIODS_MOST; i++) player->slot[i] = (struct slot){};
    player->head = player->playing = player->buffered = player->latency = 0;
    player->heard_at = 0;
}

static void fail(struct sound *sound, int error)
{
    struct player *player = &sound->player;
    if (player->error == 0) player->error = error;
    player->errors++;
    player->is_stopping = true;
}

static void ask(struct sound *sound, uint32_t code, enum player_state next)
{
    uint32_t request[] = {code, sound->output};
    sound->player.state = next;
    if (sound_ask(sound, request, sizeof request) != OK) fail(sound, -EIO);
}

// virtio_snd_pcm_set_params, 5.14.6.6.3.
static void parameters_set(struct sound *sound)
{
    const struct settings *settings = &sound->settings;
    struct {
        uint32_t code, stream, buffer_bytes, period_bytes, features;
        uint8_t channels, format, rate, zero;
    } request = {
        .code = SOUND_PCM_SET_PARAMETERS,
        .stream = sound->output,
        .buffer_bytes = settings_period_size(settings) * settings->periods,
        .period_bytes = settings_period_size(settings),
        .channels = (uint8_t)settings->channels,
        .format = (uint8_t)settings->format,
        .rate = (uint8_t)rate_index(settings->rate),
    };
    slots_clear(sound);
    sound->player.state = PLAYER_SETS;
    if (sound_ask(sound, &request, sizeof request) != OK) fail(sound, -EIO);
}

// Gives a filled slot to the device.
static void submit(struct sound *sound, uint32_t index)
{
    struct slot *slot = &sound->player.slot[index];
    uint32_t status_at = status_offset(sound);
    memcpy(slot->at, &sound->output, HEADER_SIZE);
    memset(slot->at + status_at, 0, STATUS_SIZE);
    struct virtio_buffer buffers[] = {
        {.address = slot->physical, .size = HEADER_SIZE + slot->size},
        {.address = slot->physical + status_at, .size = STATUS_SIZE, .device_writes = true},
    };
    if (virtqueue_add(&sound->transmit, buffers, 2, slot) != OK) {
        fail(sound, -EIO);
        return;
    }
    slot->state = SLOT_PLAYS;
    sound->player.playing++;
    sound->player.was_late = false;
}

// All filled ones, the oldest first.
static void submit_filled(struct sound *sound)
{
    uint32_t periods = sound->settings.periods, before = sound->player.playing;
    for (uint32_t i = 0; i < periods; i++) {
        uint32_t index = (sound->player.head + i) % periods;
        if (sound->player.slot[index].state == SLOT_FILLED) submit(sound, index);
    }
    if (sound->player.playing != before) virtqueue_kick(&sound->transmit);
}

static bool has_stream(const struct player *player)
{
    return player->state == PLAYER_FILLS || player->state == PLAYER_RUNS;
}

// The slot that is filled holds less than a period, and no more is to come.
static void last_close(struct sound *sound)
{
    struct slot *slot = &sound->player.slot[sound->player.head];
    uint32_t rest = slot->size % settings_frame_size(&sound->settings);
    if (slot->state != SLOT_FREE || slot->size == 0) return;
    slot->size -= rest;
    sound->player.buffered -= rest;
    if (slot->size == 0) return;
    slot->state = SLOT_FILLED;
    sound->player.head = (sound->player.head + 1) % sound->settings.periods;
}

// The device gives a buffer back before it is heard, and tells how much it still has; a stream that
// is stopped earlier loses that.
static bool is_heard(struct sound *sound)
{
    enum : uint64_t { SECOND = 1'000'000'000 };
    struct player *player = &sound->player;
    uint64_t frames = player->latency / settings_frame_size(&sound->settings);
    if (player->state != PLAYER_RUNS) return true;
    if (player->heard_at == 0)
        player->heard_at = fe_clock_after(frames * SECOND / sound->settings.rate);
    return fe_clock_monotonic() >= player->heard_at;
}

// What comes next where no request is under way.
static void go_on(struct sound *sound)
{
    struct player *player = &sound->player;
    if (!has_stream(player) || sound->is_asked) return;
    if (player->is_stopping) {
        player->heard_at = 0;
        if (player->state == PLAYER_RUNS)
            ask(sound, SOUND_PCM_STOP, PLAYER_STOPS);
        else
            ask(sound, SOUND_PCM_RELEASE, PLAYER_RELEASES);
        return;
    }
    if (player->is_draining) last_close(sound);
    submit_filled(sound);
    if (player->is_draining && player->playing == 0 && is_heard(sound)) {
        player->is_stopping = true;
        go_on(sound);
        return;
    }
    bool is_full = player->playing == sound->settings.periods;
    if (player->state == PLAYER_FILLS && (is_full || player->is_draining))
        ask(sound, SOUND_PCM_START, PLAYER_STARTS);
}

// The stream is the device's no more. What it still holds comes back before it answers
// (5.14.6.6.5).
static void end(struct sound *sound)
{
    struct player *player = &sound->player;
    if (player->playing != 0) return;
    player->state = PLAYER_IDLE;
    player->is_stopping = player->is_draining = false;
    slots_clear(sound);
}

static void answered(struct sound *sound, uint32_t code)
{
    struct player *player = &sound->player;
    bool is_good = code == SOUND_OK;
    if (!is_good && player->state < PLAYER_STOPS)
        fail(sound, code == SOUND_NOT_SUPPORTED ? -EOPNOTSUPP : -EIO);
    switch (player->state) {
    case PLAYER_SETS:
        if (is_good && !player->is_stopping)
            ask(sound, SOUND_PCM_PREPARE, PLAYER_PREPARES);
        else
            end(sound);
        break;
    case PLAYER_PREPARES: player->state = PLAYER_FILLS; break;
    case PLAYER_STARTS: player->state = is_good ? PLAYER_RUNS : PLAYER_FILLS; break;
    case PLAYER_STOPS: ask(sound, SOUND_PCM_RELEASE, PLAYER_RELEASES); break;
    case PLAYER_RELEASES: end(sound); break;
    default: break;
    }
}

// Takes one that was played back; the device may give them back in any order.
static void played(struct sound *sound, struct slot *slot, uint32_t written)
{
    struct player *player = &sound->player;
    uint32_t status[2];
    memcpy(status, slot->at + status_offset(sound), sizeof status);
    if (written != STATUS_SIZE) status[0] = SOUND_IO_ERROR;
    player->playing--;
    player->buffered -= slot->size;
    if (status[0] == SOUND_OK) {
        player->latency = status[1] < BUFFER_BYTES_MOST ? status[1] : BUFFER_BYTES_MOST;
        player->played += slot->size / settings_frame_size(&sound->settings);
    } else if (!player->is_stopping) {
        fail(sound, -EIO);
    }
    slot->state = SLOT_FREE;
    slot->size = 0;
}

void player_work(struct sound *sound)
{
    struct player *player = &sound->player;
    const uint8_t *from;
    uint32_t written, code;
    struct slot *slot;
    bool is_back = false;
    while ((slot = virtqueue_take(&sound->transmit, &written)) != nullptr) {
        played(sound, slot, written);
        is_back = true;
    }
    while ((code = sound_answer(sound, &from)) != 0) answered(sound, code);
    if (player->state == PLAYER_RELEASES && !sound->is_asked) end(sound);
    go_on(sound);
    if (is_back && player->state == PLAYER_RUNS && player->playing == 0 && !player->is_draining &&
        !player->is_stopping && !player->was_late) {
        player->underruns++;
        player->was_late = true;
    }
}

bool player_has_room(const struct sound *sound)
{
    const struct player *player = &sound->player;
    if (player->error != 0) return true; // a write tells it
    if (player->is_draining || player->is_stopping) return false;
    if (player->state == PLAYER_IDLE) return true;
    if (player->state == PLAYER_SETS) return false;
    return player->slot[player->head].state == SLOT_FREE;
}

int64_t player_write(struct sound *sound, const uint8_t *from, size_t count)
{
    struct player *player = &sound->player;
    uint32_t period = settings_period_size(&sound->settings);
    size_t done = 0;
    if (player->error != 0) return player->error;
    if (player->state == PLAYER_IDLE) parameters_set(sound);
    while (done < count && player_has_room(sound) && player->error == 0) {
        struct slot *slot = slot_place(sound, player->head);
        size_t part = period - slot->size;
        if (part > count - done) part = count - done;
        memcpy(slot->at + HEADER_SIZE + slot->size, from + done, part);
        slot->size += (uint32_t)part;
        player->buffered += (uint32_t)part;
        done += part;
        if (slot->size < period) continue;
        slot->state = SLOT_FILLED;
        player->head = (player->head + 1) % sound->settings.periods;
    }
    go_on(sound);
    return (int64_t)done;
}

void player_drain(struct sound *sound)
{
    struct player *player = &sound->player;
    if (player->state == PLAYER_IDLE) return;
    player->is_draining = true;
    go_on(sound);
}

void player_stop(struct sound *sound)
{
    struct player *player = &sound->player;
    if (player->state == PLAYER_IDLE) return;
    player->is_stopping = true;
    go_on(sound);
}
