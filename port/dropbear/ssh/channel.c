// SPDX-License-Identifier: MIT
// Channels: all as they are, but that the end of the program is told, and no success, when the one
// channel that it is there for is not opened.
#include "runopts.h"

#define recv_msg_channel_open_failure close_failed
#include "common-channel.c"
#undef recv_msg_channel_open_failure

static const char *reason_text(unsigned reason)
{
    switch (reason) { // RFC 4254, section 5.1
    case SSH_OPEN_ADMINISTRATIVELY_PROHIBITED: return "not allowed there";
    case SSH_OPEN_CONNECT_FAILED: return "no connection from there";
    case SSH_OPEN_RESOURCE_SHORTAGE: return "too many connections there";
    default: return "refused there";
    }
}

void recv_msg_channel_open_failure(void)
{
    unsigned begin = ses.payload->pos;
    const struct Channel *channel = getchannel();
    if (channel->await_open && channel->readfd == STDIN_FILENO) {
        const char *reason = reason_text(buf_getint(ses.payload));
        char *text = buf_getstring(ses.payload, NULL);
        cleantext(text);
        if (cli_opts.netcat_host)
            dropbear_exit("%s:%u: %s: %s", cli_opts.netcat_host, cli_opts.netcat_port, reason,
                          text);
        dropbear_exit("No session: %s: %s", reason, text);
    }
    buf_setpos(ses.payload, begin);
    close_failed();
}
