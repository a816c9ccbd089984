// SPDX-License-Identifier: MIT
// Log-in by password, in the place of svr-authpasswd.c: the service of logins decides.
#include "includes.h"
#include "auth.h"
#include "buffer.h"
#include "dbutil.h"
#include "session.h"

#include "login.h"

#include <abi/9p.h>

void svr_auth_password(int valid_user)
{
    unsigned size;
    if (buf_getbool(ses.payload)) { // changing it is not offered
        send_msg_userauth_failure(0, 1);
        return;
    }
    char *password = buf_getstring(ses.payload, &size);
    int result = -EACCES;
    if (valid_user)
        result = login_ask(CONTROL_LOGIN_PASSWORD, ses.authstate.pw_name,
                           strlen(ses.authstate.pw_name) + 1, password, size);
    m_burn(password, size);
    m_free(password);
    if (result == 0) {
        send_msg_userauth_success();
    } else {
        send_msg_userauth_failure(0, 1);
    }
}
