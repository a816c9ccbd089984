// SPDX-License-Identifier: MIT
// Signatures that OpenSSL made over one message, of each kind of key; files of keys; requests.
#include "test/unit.h"

#include "reader.h"

#include <stdio.h>
#include <stdlib.h>

static const char message_text[] = "what is signed";

static const struct vector {
    const char *name;
    bool is_good;
    const char *key, *signature; // in base 64
} vectors[] = {
    {"ssh-ed25519", true, "AAAAC3NzaC1lZDI1NTE5AAAAIB+AJCL+AQo/AXwwH4dTtN/N58Cqp8za13YiSas9A2yD",
     "AAAAC3NzaC1lZDI1NTE5AAAAQCegmIYZgBsvxuJt9CrJOEfIFEiiQ1q5S6r1YjkKBrNg1KyF2Jxx"
     "fFFAhJlqvSYKl+w/3SRCD4+ltEfotfDM+wg="},
    {"ecdsa 256", true,
     "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBBPagEvvR0Wb5V5aFDsx3LA7"
     "jPr6d2sqhLStsOM/UUmJIyNwIkouPEu22VB+DKsuEsYpDTKurKtCTVixoHyZYes=",
     "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAABIAAAAIHYm5O2BNzEsPEnLsTTJIBsoTZk4dVOHeXnv"
     "WlK4AiykAAAAIDNEpaTkfD0Fq0dqqzcPM8t+QpllUobfaeagBmM5BCo/"},
    {"ecdsa 384", true,
     "AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBH3Lze567XvC+XqFx9Oeq5AW"
     "dDMttrM8ucyioIZMbcB6a4YzZ+61dc2JkHzpAp9TghCuTCuSSH3sXG6ziZSnFQqNdGqefYuOHP/b"
     "Jhv1uOYfokJOx6Hp9zGnruCM1YZp9g==",
     "AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAABqAAAAMQCiri5lNn5FJcizTwrq7aHdHeX7za9HEGKl"
     "9H0mrl8CJ0t7tV6Q8iInR5u/wSRHW4MAAAAxAJOsmTy7BCznN9fYMtluuiF3qLJyYytfLSyIXRTL"
     "FhXRQqjoqGYhVaQf+bJpqbETqA=="},
    {"ecdsa 521", true,
     "AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBACadvX96c1sCWTO00HmVmeu"
     "bObxpX7Kw9/URW0XXLcSCVSss08msIFtphuzDCjIq2elvCUAJFQzksQdEjr15DZalgEhYVB3oz1X"
     "IV7mGrdtK6+URYQf2d9xqZjAFTlP10JfdD3axLUozb16hNMYJx+PRduu1OgMHUXsC8Gm9Sd9jmNO"
     "XA==",
     "AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAACLAAAAQgHOCbcj5wYlqMqQx6L8G5zQxf/Xv8G6xEWb"
     "2HSwnLIDwEzSC4xmYMJXdJhJq6D21Oq1yG9VPbjHOuxX4CCELGhESgAAAEEH6mIxP2ndyH7UauwK"
     "+x43t5BsdX00BJMIPD09S3+KiBT4+r09U+AgdYZ6lMKpT6+Go1pz+FzsE7+Q4HCpTYk3Mw=="},
    {"rsa 2048 sha256", true,
     "AAAAB3NzaC1yc2EAAAADAQABAAABAQDhZC+4kXFNZBfbkXhAhVpMROQw54CGehUX//SBPloLUXoR"
     "Uk4jakrdAdJD5WxaZLhLR2gZLVEgRSi8iDKMMISBrOffDj3DI67c9xj3uNvFAA83qrVZ7+I8pYfy"
     "huTHr41T8khUEt9dAIIUrynSU922BSA9sD5mQwWcdvv8cHVoG9kqNjqFccp2DElOrdO3li7pC1vI"
     "/JxPywzNEQFuMrIbd2xQqpd18ylaFnOsH0kdx+YAFgxx6TwpJle5zpicgliFASNM0+DAtptuYJrt"
     "BJWDDxPyaNkuuZrFWzRpg+qA8xPDeTmK+Rgx/0mpEhqXY6XT5jOfqH9Ep4rkBii4yym7",
     "AAAADHJzYS1zaGEyLTI1NgAAAQDM9qqXZY11xSs0cpmLA9ceEN6Ejkp0afs5QSgsme0ETKfXUYtT"
     "8uG4+gNZmY4VGj+VKypvRLnPYYAsfiDXdt6IuoCLIZS4B1dbszo6CU2/GWJOCtyvUiwA7YGR0O0K"
     "aawbkFtI7ZcdX8Rx7BQAO82P8fEUHYihlhjvjiISxTukyTEeYmGAFPVvGYVOtFCWodFFUaUk7bFZ"
     "J5V2/xr321H4syHRyEKG0/8X9weDSAnzeV0OiuKfrx9x6RuYcmQUoK6vcRJ6lK+cq1yWdNB6tD5l"
     "tea0AzbXxlkgX5Yg2jrv77Q6wE9ScH+GOnLv3NQr+CCiwTsUeVfwewLM8IkUGPPQ"},
    {"rsa 2048 sha512", true,
     "AAAAB3NzaC1yc2EAAAADAQABAAABAQDhZC+4kXFNZBfbkXhAhVpMROQw54CGehUX//SBPloLUXoR"
     "Uk4jakrdAdJD5WxaZLhLR2gZLVEgRSi8iDKMMISBrOffDj3DI67c9xj3uNvFAA83qrVZ7+I8pYfy"
     "huTHr41T8khUEt9dAIIUrynSU922BSA9sD5mQwWcdvv8cHVoG9kqNjqFccp2DElOrdO3li7pC1vI"
     "/JxPywzNEQFuMrIbd2xQqpd18ylaFnOsH0kdx+YAFgxx6TwpJle5zpicgliFASNM0+DAtptuYJrt"
     "BJWDDxPyaNkuuZrFWzRpg+qA8xPDeTmK+Rgx/0mpEhqXY6XT5jOfqH9Ep4rkBii4yym7",
     "AAAADHJzYS1zaGEyLTUxMgAAAQA8ZEmaM9tNLVDzzPRi/BeAoAlC5qZ1/J0CHZnvRgN4SpPlhrjP"
     "DJXyUHQ5Z/BnAvUjYnfjhSCyXkUlsOaUegVVtcdiZwDeUbBH7fzDpMVmi3h8PXxuIws2Rt4xkJSy"
     "jKtVSxKbUO5M219z9JTqRQPa7lltpl9i7SrDQbX4+DQpyPqT81Ryh7FGPfwg83MNERi/QkZENLYk"
     "wAYaJmbqVmXnKJn3QlTFrHprqpqgkvQzu9Ptne7w02COobdokJo3LAfJbXf3g39f5qTZCpyl0zsh"
     "/rLzBYmE5aocYbyZ3Wcxuv6RwEo7irWS5rVZULMwF1knIdIdqzD1nn4PqycHUQ/D"},
    {"rsa 1024 sha256", false,
     "AAAAB3NzaC1yc2EAAAADAQABAAAAgQDCQ3aMKa8q3ZFhHDfsjW8YCVlSsb/RlGe+sBrVG8/bnHF6"
     "/IhNo6kpEbY30Z9ZOKzedf9/O++7lJijvaJoodeAEaw8fbf7weDYbWuku53xkAhbcZfEU7zx94j+"
     "OFdtGdI8eUSplwU1qx6Emc1jdlNYaNBxIzGaCtszr1iOF2fY2w==",
     "AAAADHJzYS1zaGEyLTI1NgAAAIBpfZiAc9fAPL1PHOrsUPtZYt2RwOqkW6rwjaMOq7yXGYKNhUK3"
     "u9aE7cfX6/k2JrGHP6yRpyM0unp/t68PX2X/6zjUtRzMNvhRYWty2h46Dl1dNhsPTm4FyC79jhca"
     "ljAUQu2WsstO06AE5CNXWYmzBUALQqyvEGCKn8BPPeRccw=="},
    {"rsa sha1", false,
     "AAAAB3NzaC1yc2EAAAADAQABAAABAQDhZC+4kXFNZBfbkXhAhVpMROQw54CGehUX//SBPloLUXoR"
     "Uk4jakrdAdJD5WxaZLhLR2gZLVEgRSi8iDKMMISBrOffDj3DI67c9xj3uNvFAA83qrVZ7+I8pYfy"
     "huTHr41T8khUEt9dAIIUrynSU922BSA9sD5mQwWcdvv8cHVoG9kqNjqFccp2DElOrdO3li7pC1vI"
     "/JxPywzNEQFuMrIbd2xQqpd18ylaFnOsH0kdx+YAFgxx6TwpJle5zpicgliFASNM0+DAtptuYJrt"
     "BJWDDxPyaNkuuZrFWzRpg+qA8xPDeTmK+Rgx/0mpEhqXY6XT5jOfqH9Ep4rkBii4yym7",
     "AAAAB3NzaC1yc2EAAAEAplf3jEvMIcf7GsAlK6sVDYRM7PV0OfassyqG9i7dWGpKLznyEZ3lSYSn"
     "B/2Nv4EBG5zFN4rMk2DxvhrPt0xujyUa7rHPbx5ICNAG71Ez0B9ftYbsbF7QHlSnnglXvBedQC8p"
     "PmGspH2gByCwpqM6+R+5SXlX7w9LhkPjTyCs0r0D/QvQwEkb+Y6RyCdn4MUWQVtXP2NTQorwKqKw"
     "juE6LllXG9BUURfTOvbc0jAGQiRLwidxdytlOZHZn7qKhwUXQ18JT9HZ+cPAyraLHthvRyZ9irUr"
     "fyS6OklOuYDykekiuVHgzJswM4dXeigyEi1ttgMtl6LIdDSdP9GShLP66w=="},
};

// In memory of its own size, so that reading past the end is seen.
static struct sshkey_bytes decode(const char *text)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0, count = 0;
    size_t size = 0, length = strcspn(text, "=");
    uint8_t *data = malloc(length * 3 / 4);
    for (size_t i = 0; i < length; i++) {
        bits = bits << 6 | (uint32_t)(strchr(letters, text[i]) - letters);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        data[size++] = (uint8_t)(bits >> count);
        bits &= (1u << count) - 1;
    }
    return (struct sshkey_bytes){data, size};
}

static struct sshkey_bytes message(void)
{
    return (struct sshkey_bytes){(const uint8_t *)message_text, sizeof message_text - 1};
}

TEST("a signature is taken by its own key and for its own message alone")
{
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const struct vector *at = &vectors[i];
        struct sshkey_bytes key = decode(at->key), signature = decode(at->signature);
        struct sshkey_bytes less = message();
        less.size--;
        EXPECT(sshkey_verify(key, signature, message()) == at->is_good);
        EXPECT(!sshkey_verify(key, signature, less));
        free((void *)key.data);
        key = decode(vectors[i == 0].key);
        EXPECT(!sshkey_verify(key, signature, message()));
        free((void *)key.data);
        free((void *)signature.data);
    }
}

TEST("keys and signatures that end early, or are changed in any byte, are none")
{
    for (size_t i = 0; i < 5; i++) {
        struct sshkey_bytes key = decode(vectors[i].key), signature = decode(vectors[i].signature);
        uint8_t *bytes = (uint8_t *)signature.data;
        for (size_t size = 0; size < signature.size; size++) {
            struct sshkey_bytes part = {signature.data, size};
            EXPECT(!sshkey_verify(key, part, message()));
        }
        for (size_t size = 0; size < key.size; size += 7) {
            struct sshkey_bytes part = {key.data, size};
            EXPECT(!sshkey_verify(part, signature, message()));
        }
        for (size_t at = 0; at < signature.size; at += 5) {
            bytes[at] ^= 1;
            EXPECT(!sshkey_verify(key, signature, message()));
            bytes[at] ^= 1;
        }
        free((void *)key.data);
        free((void *)signature.data);
    }
}

static bool is_in(const char *before, const char *kind, const char *after)
{
    char text[4000];
    struct sshkey_bytes key = decode(vectors[0].key);
    snprintf(text, sizeof text, "%s%s %s%s", before, kind, vectors[0].key, after);
    bool is_listed = sshkey_is_listed(text, strlen(text), key);
    free((void *)key.data);
    return is_listed;
}

TEST("a key is found on a line of its own, and with options it is not")
{
    EXPECT(is_in("", "ssh-ed25519", ""));
    EXPECT(is_in("# mine\n\n", "ssh-ed25519", " me@here\r\n"));
    EXPECT(is_in("ssh-ed25519 AAAA\n\t ", "ssh-ed25519", "\nssh-rsa"));
    EXPECT(!is_in("", "ssh-rsa", ""));
    EXPECT(!is_in("#", "ssh-ed25519", ""));
    EXPECT(!is_in("no-pty ", "ssh-ed25519", ""));
    EXPECT(!is_in("", "ssh-ed25519", "A"));
    EXPECT(!is_in("", "ssh-ed25519\n", ""));
    EXPECT(!sshkey_is_listed("", 0, (struct sshkey_bytes){}));
}

// session, 50, user, service, method, signed, algorithm, key
static const uint8_t request_bytes[] = "\0\0\0\2id\x32\0\0\0\4user\0\0\0\x0essh-connection"
                                       "\0\0\0\x09publickey\1\0\0\0\1a\0\0\0\3key";

TEST("a request for log-in is read whole, or not")
{
    struct sshkey_request request;
    struct sshkey_bytes whole = {request_bytes, sizeof request_bytes - 1};
    EXPECT(sshkey_request_read(whole, &request));
    EXPECT(bytes_are(request.session, "id") && bytes_are(request.user, "user"));
    EXPECT(bytes_are(request.algorithm, "a") && bytes_are(request.key, "key"));
    for (size_t size = 0; size < whole.size; size++) {
        struct sshkey_bytes part = {request_bytes, size};
        EXPECT(!sshkey_request_read(part, &request));
    }
    whole.size++; // the NUL behind it
    EXPECT(!sshkey_request_read(whole, &request));
}
