// SPDX-License-Identifier: MIT
// Log-in by key (RFC 4252, section 7), in the place of svr-authpubkey.c: the service of logins knows
// the user's keys and verifies signatures.
#include "includes.h"
#include "auth.h"
#include "buffer.h"
#include "dbutil.h"
#include "packet.h"
#include "session.h"
#include "ssh.h"

#include "login.h"

#include <abi/9p.h>

static void send_usable(const char *algorithm, unsigned algorithm_size, const unsigned char *key,
                        unsigned key_size)
{
    CHECKCLEARTOWRITE();
    buf_putbyte(ses.writepayload, SSH_MSG_USERAUTH_PK_OK);
    buf_putstring(ses.writepayload, algorithm, algorithm_size);
    buf_putstring(ses.writepayload, (const char *)key, key_size);
    encrypt_packet();
}

// What was signed is the session's number and the request up to the signature.
static int ask_signature(void)
{
    unsigned request_size = ses.payload->pos - ses.payload_beginning;
    unsigned signature_size = buf_getint(ses.payload);
    const unsigned char *signature = buf_getptr(ses.payload, signature_size);
    uint32_t size = 4 + ses.session_id->len + request_size;
    buffer *data = buf_new(sizeof size + size);
    buf_putbytes(data, (const unsigned char *)&size, sizeof size);
    buf_putbufstring(data, ses.session_id);
    buf_putbytes(data, ses.payload->data + ses.payload_beginning, request_size);
    int result =
        login_ask(CONTROL_LOGIN_SIGNATURE, data->data, data->len, signature, signature_size);
    buf_free(data);
    return result;
}

void svr_auth_pubkey(int valid_user)
{
    unsigned algorithm_size;
    int is_signed = buf_getbool(ses.payload);
    char *algorithm = buf_getstring(ses.payload, &algorithm_size);
    unsigned key_size = buf_getint(ses.payload);
    const unsigned char *key = buf_getptr(ses.payload, key_size);
    buf_incrpos(ses.payload, key_size);
    int result = -EACCES;
    if (valid_user)
        result = is_signed ? ask_signature()
                           : login_ask(CONTROL_LOGIN_KEY, ses.authstate.pw_name,
                                       strlen(ses.authstate.pw_name) + 1, key, key_size);
    if (result != 0) {
        send_msg_userauth_failure(0, is_signed);
    } else if (is_signed) {
        send_msg_userauth_success();
    } else {
        send_usable(algorithm, algorithm_size, key, key_size);
    }
    m_free(algorithm);
}
