// SPDX-License-Identifier: MIT
// A virtio sound device (virtio 1.2, section 5.14): its requests, and the stream that plays.
#pragma once

#include "settings.h"

#include <virtio/virtio.h>

enum : uint64_t { BIT_INTERRUPT = 1, FEATURES = VIRTIO_EVENT_INDEX };

enum : uint32_t { // requests and answers, 5.14.6
    SOUND_JACK_INFO = 1,
    SOUND_PCM_INFO = 0x100,
    SOUND_PCM_SET_PARAMETERS,
    SOUND_PCM_PREPARE,
    SOUND_PCM_RELEASE,
    SOUND_PCM_START,
    SOUND_PCM_STOP,
    SOUND_MAP_INFO = 0x200,
    SOUND_EVENT_XRUN = 0x1101,
    SOUND_OK = 0x8000,
    SOUND_BAD_MESSAGE,
    SOUND_NOT_SUPPORTED,
    SOUND_IO_ERROR,
};

enum : uint32_t { ITEMS_MOST = 32, EVENTS = 8, NO_STREAM = UINT32_MAX };

struct stream_information { // 5.14.6.6.2.1
    uint32_t function, features;
    uint64_t formats, rates;
    uint8_t direction, channels_least, channels_most, zero[5];
};
struct jack_information { // 5.14.6.4.1
    uint32_t function, features, defaults, capabilities;
    uint8_t is_connected, zero[7];
};
struct map_information { // 5.14.6.7.1
    uint32_t function;
    uint8_t direction, channels, position[18];
};

// What a period in the buffer is.
enum slot_state : uint8_t { SLOT_FREE, SLOT_FILLED, SLOT_PLAYS };
struct slot {
    enum slot_state state;
    uint8_t *at;
    uint64_t physical;
    uint32_t size; // bytes in it
};

// Requests about the stream go one after the other; what is asked for now.
enum player_state : uint8_t {
    PLAYER_IDLE,
    PLAYER_SETS, // parameters
    PLAYER_PREPARES,
    PLAYER_FILLS, // prepared; not yet enough to start
    PLAYER_STARTS,
    PLAYER_RUNS,
    PLAYER_STOPS,
    PLAYER_RELEASES,
};

struct player {
    enum player_state state;
    bool is_draining; // what is there is played, then the stream stops
    bool is_stopping; // what is there is dropped
    int error;        // of the device, until the file is opened anew
    struct slot slot[PERIODS_MOST];
    uint32_t head;     // the slot that is being filled
    uint32_t playing;  // slots that the device has
    uint32_t buffered; // bytes in all slots
    uint32_t latency;  // bytes, as the device last told
    uint64_t heard_at; // ns: when the last of a stream that drains is heard; 0: not known
    bool was_late;     // nothing has come since the last underrun
    uint64_t underruns, xruns, errors, played;
};

struct sound {
    struct virtio_device device;
    struct virtqueue control, event, transmit;
    struct virtio_memory small; // request, answer, events
    struct virtio_memory buffer;
    bool is_asked; // a request is with the device
    uint32_t request;
    uint32_t answered; // bytes of the answer
    uint32_t jack_count, stream_count, map_count;
    struct jack_information jack[ITEMS_MOST];
    struct stream_information stream[ITEMS_MOST];
    struct map_information map[ITEMS_MOST];
    uint32_t output; // the stream that plays; NO_STREAM: there is none
    struct abilities abilities;
    struct settings settings;
    struct player player;
};

// Sends a request; one at a time. The answer comes with an interrupt.
enum status sound_ask(struct sound *sound, const void *request, size_t size);
// Takes the answer: its code; 0: it has not come. `from` is what came with it.
uint32_t sound_answer(struct sound *sound, const uint8_t **from);

// Starts the device with all its queues, and asks what it has; `wait` returns when something
// happened. ERR_TIMED_OUT when it does not answer.
enum status sound_open(struct sound *sound, enum status (*wait)(void));
enum status sound_events_give(struct sound *sound);
void sound_events_take(struct sound *sound);
bool sound_is_broken(const struct sound *sound);

// Takes bytes that are to be played; how many there was room for, or a negative errno.
int64_t player_write(struct sound *sound, const uint8_t *from, size_t count);
bool player_has_room(const struct sound *sound);
void player_drain(struct sound *sound);
void player_stop(struct sound *sound);
// After an interrupt: takes back what was played, and goes on.
void player_work(struct sound *sound);
