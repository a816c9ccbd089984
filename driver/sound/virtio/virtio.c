// SPDX-License-Identifier: MIT
// Driver of virtio sound devices (virtio 1.2, section 5.14). Serves what audio(4) describes. All
// happens in one thread, woken by requests and the device's interrupt. When the device breaks its
// rules the driver ends, and is started anew with a reset device.
#include "sound.h"

#include <9p/server.h>
#include <9p/tree.h>
#include <errno.h>
#include <ferrite/clock.h>
#include <ferrite/log.h>
#include <ferrite/start.h>
#include <ferrite/status.h>
#include <poll.h>
#include <string.h>

enum : uint64_t { ANSWER_NS = 2'000'000'000 };

static struct sound sound;
static struct p9_server server;
static struct p9_node *data_node;
static struct p9_open *owner; // who plays
static uint32_t owner_uid;

// One at a time plays; the next may when the last one's stream has ended.
static int data_open(struct p9_request *request, struct p9_open *open)
{
    if ((open->flags & OPEN_READ) != 0) return -EACCES;
    if ((open->flags & OPEN_WRITE) == 0) return 0;
    if (sound.output == NO_STREAM) return -ENODEV;
    if (owner != nullptr) return -EBUSY;
    if (sound.player.state != PLAYER_IDLE) return P9_LATER;
    owner = open;
    owner_uid = request->identity->uid;
    sound.player.error = 0;
    return 0;
}

static void data_close(struct p9_open *open)
{
    if (open != owner) return;
    owner = nullptr;
    player_drain(&sound);
}

static int64_t data_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                          const void *from, size_t count)
{
    size_t left = count - request->progress;
    int64_t took = player_write(&sound, (const uint8_t *)from + request->progress, left);
    if (took < 0) return request->progress != 0 ? (int64_t)request->progress : took;
    request->progress += (uint64_t)took;
    if (request->progress == count) return (int64_t)count;
    if (request->progress != 0 && (open->flags & OPEN_NONBLOCK) != 0)
        return (int64_t)request->progress;
    return P9_LATER;
}

static uint32_t data_ready(struct p9_open *open)
{
    return player_has_room(&sound) ? POLLOUT : 0;
}

// Until all was played.
static int data_sync(struct p9_request *request, struct p9_open *open)
{
    if (open != owner) return 0;
    if (sound.player.state == PLAYER_IDLE) return sound.player.error;
    player_drain(&sound);
    return P9_LATER;
}

static const struct p9_operations data_operations = {
    .open = data_open,
    .close = data_close,
    .write = data_write,
    .ready = data_ready,
    .sync = data_sync,
};

static int command_run(const char *line, size_t size)
{
    static const struct {
        const char *name;
        void (*run)(struct sound *);
    } commands[] = {{"drain", player_drain}, {"stop", player_stop}};
    if (sound.output == NO_STREAM) return -ENODEV;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (size != strlen(commands[i].name) || memcmp(line, commands[i].name, size) != 0) continue;
        commands[i].run(&sound);
        return 0;
    }
    struct settings changed = sound.settings;
    int error = settings_change(&changed, &sound.abilities, line, size);
    if (error != 0) return error;
    if (sound.player.state != PLAYER_IDLE) return -EBUSY;
    sound.settings = changed;
    return 0;
}

// Lines, one after the other, to the first that is wrong.
static int ctl_command(struct p9_request *request, void *context, const char *text, size_t size)
{
    uint32_t uid = request->identity->uid;
    if (owner != nullptr && uid != owner_uid && uid != 0) return -EBUSY;
    while (size != 0) {
        const char *end = memchr(text, '\n', size);
        size_t length = end == nullptr ? size : (size_t)(end - text);
        int error = command_run(text, length);
        if (error != 0) return error;
        if (end == nullptr) return 0;
        size -= length + 1;
        text = end + 1;
    }
    return 0;
}

static int ctl_text(struct p9_request *request, void *context, struct p9_text *text)
{
    const struct settings *settings = &sound.settings;
    if (sound.output == NO_STREAM) return 0;
    p9_print(text, "rate %u\nchannels %u\nformat %s\nperiod %u\nperiods %u\n", settings->rate,
             settings->channels, format_name(settings->format), settings->period,
             settings->periods);
    return 0;
}

static int status_text(struct p9_request *request, void *context, struct p9_text *text)
{
    static const char *const names[] = {"idle",     "starting", "starting", "filling",
                                        "starting", "running",  "stopping", "stopping"};
    const struct player *player = &sound.player;
    uint32_t frame = settings_frame_size(&sound.settings);
    uint32_t delay = frame == 0 ? 0 : (player->buffered + player->latency) / frame;
    p9_print(text, "state %s\nopen %u\nbuffered %u\ndelay %u\n", names[player->state],
             owner != nullptr, player->buffered, delay);
    p9_print(text, "played %llu\nunderruns %llu\ndevice-underruns %llu\nerrors %llu\n",
             (unsigned long long)player->played, (unsigned long long)player->underruns,
             (unsigned long long)player->xruns, (unsigned long long)player->errors);
    return 0;
}

static void stream_print(struct p9_text *text, uint32_t index)
{
    const struct stream_information *stream = &sound.stream[index];
    p9_print(text, "stream %u %s%s channels %u-%u formats", index,
             stream->direction == 0 ? "output" : "input", index == sound.output ? " used" : "",
             stream->channels_least, stream->channels_most);
    for (uint32_t i = 0; i < 64; i++)
        if ((stream->formats >> i & 1) != 0 && format_name(i) != nullptr)
            p9_print(text, " %s", format_name(i));
    p9_print(text, " rates");
    for (uint32_t i = 0; i < 64; i++)
        if ((stream->rates >> i & 1) != 0 && rate_at(i) != 0) p9_print(text, " %u", rate_at(i));
    p9_print(text, "\n");
}

static int info_text(struct p9_request *request, void *context, struct p9_text *text)
{
    for (uint32_t i = 0; i < sound.stream_count; i++) stream_print(text, i);
    for (uint32_t i = 0; i < sound.jack_count; i++)
        p9_print(text, "jack %u %s\n", i,
                 sound.jack[i].is_connected != 0 ? "connected" : "disconnected");
    for (uint32_t i = 0; i < sound.map_count; i++) {
        const struct map_information *map = &sound.map[i];
        p9_print(text, "map %u %s positions", i, map->direction == 0 ? "output" : "input");
        for (uint32_t k = 0; k < map->channels && k < sizeof map->position; k++)
            p9_print(text, " %u", map->position[k]);
        p9_print(text, "\n");
    }
    return 0;
}

static const struct p9_tree_entry files[] = {
    {.path = "ctl", .mode = 0666, .text = ctl_text, .command = ctl_command},
    {.path = "status", .mode = 0444, .text = status_text},
    {.path = "info", .mode = 0444, .text = info_text},
};

static bool is_quiet(void)
{
    bool sleeps = virtqueue_sleep(&sound.control);
    sleeps &= virtqueue_sleep(&sound.event);
    sleeps &= virtqueue_sleep(&sound.transmit);
    return sleeps;
}

static bool is_open; // the device is started, and its interrupts are for the player

static void signalled(struct p9_server *, uint64_t bits)
{
    (void)virtio_interrupt_take(&sound.device);
    if (!is_open) return;
    do {
        sound_events_take(&sound);
        player_work(&sound);
    } while (!sound_is_broken(&sound) && !is_quiet());
    p9_node_changed(data_node);
    if (!sound_is_broken(&sound)) return;
    fe_log("the device broke its rules");
    fe_exit(1);
}

static enum status interrupt_wait(void)
{
    return p9_serve_once(&server, fe_clock_after(ANSWER_NS));
}

static enum status device_start(void)
{
    TRY(virtio_open(&sound.device));
    TRY(virtio_reset(&sound.device, 0, FEATURES));
    TRY(virtio_interrupt_bind(&sound.device, server.event, BIT_INTERRUPT));
    TRY(sound_open(&sound, interrupt_wait));
    is_open = true;
    signalled(&server, BIT_INTERRUPT);
    return OK;
}

static void serve(void)
{
    for (;;) {
        uint64_t at = sound.player.heard_at;
        enum status status = p9_serve_once(&server, at == 0 ? FE_FOREVER : at);
        if (status == ERR_TIMED_OUT) signalled(&server, 0);
        if (status != OK && status != ERR_TIMED_OUT) return;
    }
}

int main(void)
{
    static const struct p9_tree_entry data = {
        .path = "data", .mode = 0222, .operations = &data_operations};
    server = (struct p9_server){.name = "virtio-sound", .signalled = signalled};
    int error = p9_tree_create(files, sizeof files / sizeof files[0], &server.root);
    if (error == 0) error = p9_tree_add(server.root, &data, &data_node);
    if (error != 0) return 1;
    enum status status = p9_server_init(&server);
    if (status == OK) status = device_start();
    if (status == OK) status = p9_server_ready(&server, "", nullptr);
    if (status == OK) serve();
    fe_log("cannot start: %s", fe_status_text(status));
    return 1;
}
