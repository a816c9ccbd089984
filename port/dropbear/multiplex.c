// SPDX-License-Identifier: MIT
// Channels of all kinds: all as they are, but that each has a window of its own size; that the
// descriptor of both directions is closed once: a second time it may be another thread's; and that
// one whose end is gone when data come is closed then, as nothing else would happen to it.
#include "includes.h"
#include "channel.h"
#include "circbuffer.h"
#include "dbutil.h"

static void close_once(struct Channel *channel, int descriptor)
{
    m_close(descriptor);
    if (channel->readfd == descriptor) channel->readfd = -1;
    if (channel->writefd == descriptor) channel->writefd = -1;
}

#define m_close(descriptor) close_once(channel, descriptor)
#undef RECV_WINDOWEXTEND
#define RECV_WINDOWEXTEND (channel->writebuf->size / 3)
#define recv_msg_channel_data recv_data_alone
#include "common-channel.c"
#undef recv_msg_channel_data

void recv_msg_channel_data(void)
{
    struct Channel *channel = getchannel();
    common_recv_msg_channel_data(channel, channel->writefd, channel->writebuf);
    if (channel->writefd == FD_CLOSED) check_close(channel);
}
