// SPDX-License-Identifier: MIT
// Requests to a virtio sound device, and what it says of itself (virtio 1.2, section 5.14). What it
// answers is checked here once, and copied; nothing else looks at the device's memory.
#include "sound.h"

#include <string.h>

enum : uint32_t { // 5.14.2
    QUEUE_CONTROL = 0,
    QUEUE_EVENT = 1,
    QUEUE_TRANSMIT = 2,
    CONTROL_SIZE = 4,
    TRANSMIT_SIZE = 64,
};
enum : uint32_t { // places in the small memory
    REQUEST_AT = 0,
    ANSWER_AT = 512,
    ANSWER_SIZE = 2048,
    EVENT_AT = 3072,
    EVENT_SIZE = 8,
    SMALL_SIZE = 4096,
};
enum : uint8_t { DIRECTION_OUTPUT = 0 };

static_assert(ITEMS_MOST * sizeof(struct stream_information) + 4 <= ANSWER_SIZE);

enum status sound_ask(struct sound *sound, const void *request, size_t size)
{
    if (sound->is_asked) return ERR_AGAIN;
    memcpy(sound->small.at + REQUEST_AT, request, size);
    memset(sound->small.at + ANSWER_AT, 0, ANSWER_SIZE);
    memcpy(&sound->request, request, sizeof sound->request);
    struct virtio_buffer buffers[] = {
        {.address = sound->small.physical + REQUEST_AT, .size = (uint32_t)size},
        {.address = sound->small.physical + ANSWER_AT, .size = ANSWER_SIZE, .device_writes = true},
    };
    // An answer to other requests than for information is a code alone; QEMU counts on the room.
    bool is_information = sound->request == SOUND_JACK_INFO || sound->request == SOUND_PCM_INFO ||
                          sound->request == SOUND_MAP_INFO;
    if (!is_information) buffers[1].size = sizeof(uint32_t);
    TRY(virtqueue_add(&sound->control, buffers, 2, sound));
    sound->is_asked = true;
    virtqueue_kick(&sound->control);
    return OK;
}

uint32_t sound_answer(struct sound *sound, const uint8_t **from)
{
    uint32_t written, code;
    if (!sound->is_asked || virtqueue_take(&sound->control, &written) == nullptr) return 0;
    sound->is_asked = false;
    if (written < sizeof code || written > ANSWER_SIZE) return SOUND_IO_ERROR;
    memcpy(&code, sound->small.at + ANSWER_AT, sizeof code);
    sound->answered = written - (uint32_t)sizeof code;
    *from = sound->small.at + ANSWER_AT + sizeof code;
    return code >= SOUND_OK && code <= SOUND_IO_ERROR ? code : SOUND_IO_ERROR;
}

static enum status event_give(struct sound *sound, uint32_t index)
{
    uint32_t at = EVENT_AT + index * EVENT_SIZE;
    struct virtio_buffer buffer = {
        .address = sound->small.physical + at, .size = EVENT_SIZE, .device_writes = true};
    return virtqueue_add(&sound->event, &buffer, 1, sound->small.at + at);
}

enum status sound_events_give(struct sound *sound)
{
    for (uint32_t i = 0; i < EVENTS && i < sound->event.size; i++) TRY(event_give(sound, i));
    virtqueue_kick(&sound->event);
    return OK;
}

void sound_events_take(struct sound *sound)
{
    uint32_t written, word[2];
    uint8_t *at;
    while ((at = virtqueue_take(&sound->event, &written)) != nullptr) {
        memcpy(word, at, sizeof word);
        if (written == EVENT_SIZE && word[0] == SOUND_EVENT_XRUN && word[1] == sound->output)
            sound->player.xruns++;
        uint32_t index = (uint32_t)(at - sound->small.at - EVENT_AT) / EVENT_SIZE;
        if (event_give(sound, index) != OK) return;
        virtqueue_kick(&sound->event);
    }
}

bool sound_is_broken(const struct sound *sound)
{
    return sound->control.broken || sound->event.broken || sound->transmit.broken;
}

static enum status transact(struct sound *sound, enum status (*wait)(void), const void *request,
                            size_t size, const uint8_t **from)
{
    TRY(sound_ask(sound, request, size));
    for (;;) {
        uint32_t code = sound_answer(sound, from);
        if (code != 0) return code == SOUND_OK ? OK : ERR_NOT_SUPPORTED;
        if (sound->control.broken) return ERR_BAD_ARGUMENT;
        if (virtqueue_sleep(&sound->control)) TRY(wait());
    }
}

// Asks for all items of a kind; *count becomes 0 where the device does not tell.
static void items_read(struct sound *sound, enum status (*wait)(void), const uint32_t request[4],
                       void *to, uint32_t *count)
{
    const uint8_t *from;
    if (*count > ITEMS_MOST) *count = ITEMS_MOST;
    if (*count == 0) return;
    uint32_t words[4] = {request[0], 0, *count, request[3]};
    uint32_t size = *count * request[3];
    if (transact(sound, wait, words, sizeof words, &from) != OK || sound->answered < size) {
        *count = 0;
        return;
    }
    memcpy(to, from, size);
}

// The device may still play what an earlier driver gave it: reset does not have to end that.
static enum status silence(struct sound *sound, enum status (*wait)(void))
{
    const uint8_t *from;
    for (uint32_t i = 0; i < sound->stream_count; i++) {
        uint32_t stop[] = {SOUND_PCM_STOP, i}, release[] = {SOUND_PCM_RELEASE, i};
        enum status status = transact(sound, wait, stop, sizeof stop, &from);
        if (status == OK || status == ERR_NOT_SUPPORTED)
            status = transact(sound, wait, release, sizeof release, &from);
        if (status != OK && status != ERR_NOT_SUPPORTED) return status;
    }
    return OK;
}

static void output_find(struct sound *sound)
{
    sound->output = NO_STREAM;
    for (uint32_t i = 0; i < sound->stream_count; i++) {
        const struct stream_information *stream = &sound->stream[i];
        if (stream->direction != DIRECTION_OUTPUT) continue;
        sound->abilities = (struct abilities){.formats = stream->formats,
                                              .rates = stream->rates,
                                              .channels_least = stream->channels_least,
                                              .channels_most = stream->channels_most};
        if (!settings_default(&sound->abilities, &sound->settings)) continue;
        sound->output = i;
        return;
    }
}

static void configuration_read(struct sound *sound)
{
    uint32_t words[3]; // 5.14.4
    virtio_configuration_read(&sound->device, 0, words, sizeof words);
    sound->jack_count = words[0];
    sound->stream_count = words[1] < ITEMS_MOST ? words[1] : ITEMS_MOST;
    sound->map_count = words[2];
}

static enum status device_renew(struct sound *sound)
{
    TRY(virtio_reset(&sound->device, 0, FEATURES));
    virtio_queue_destroy(&sound->control);
    sound->control = (struct virtqueue){};
    sound->is_asked = false;
    TRY(virtio_queue_create(&sound->device, QUEUE_CONTROL, CONTROL_SIZE, &sound->control));
    TRY(virtio_queue_create(&sound->device, QUEUE_EVENT, EVENTS, &sound->event));
    TRY(virtio_queue_create(&sound->device, QUEUE_TRANSMIT, TRANSMIT_SIZE, &sound->transmit));
    virtio_start(&sound->device);
    return OK;
}

enum status sound_open(struct sound *sound, enum status (*wait)(void))
{
    TRY(virtio_memory_create(&sound->device, SMALL_SIZE, &sound->small));
    TRY(virtio_queue_create(&sound->device, QUEUE_CONTROL, CONTROL_SIZE, &sound->control));
    virtio_start(&sound->device);
    configuration_read(sound);
    TRY(silence(sound, wait));
    TRY(device_renew(sound));
    TRY(sound_events_give(sound));
    items_read(sound, wait, (uint32_t[]){SOUND_JACK_INFO, 0, 0, sizeof sound->jack[0]}, sound->jack,
               &sound->jack_count);
    items_read(sound, wait, (uint32_t[]){SOUND_PCM_INFO, 0, 0, sizeof sound->stream[0]},
               sound->stream, &sound->stream_count);
    items_read(sound, wait, (uint32_t[]){SOUND_MAP_INFO, 0, 0, sizeof sound->map[0]}, sound->map,
               &sound->map_count);
    output_find(sound);
    // A period's header, samples and status, each slot of the same size.
    size_t size = BUFFER_BYTES_MOST + (size_t)PERIODS_MOST * 64;
    TRY(virtio_memory_create(&sound->device, size, &sound->buffer));
    if (sound->transmit.size / 2 < PERIODS_MOST) return ERR_NOT_SUPPORTED;
    return sound->control.broken ? ERR_BAD_ARGUMENT : OK;
}
