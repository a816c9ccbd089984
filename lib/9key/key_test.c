// SPDX-License-Identifier: MIT
// HMAC-SHA-512 against RFC 4231, a proof against one that was computed elsewhere, and keys as text.
#include "test/no_files.h"
#include "test/unit.h"

#include "key.c"
#include "lib/9wire/attribute.c"

#include <string.h>

TEST("HMAC-SHA-512 of RFC 4231, test case 1")
{
    static const uint8_t wanted[SHA512_SIZE] = {
        0x87, 0xaa, 0x7c, 0xde, 0xa5, 0xef, 0x61, 0x9d, 0x4f, 0xf0, 0xb4, 0x24, 0x1a,
        0x1d, 0x6c, 0xb0, 0x23, 0x79, 0xf4, 0xe2, 0xce, 0x4e, 0xc2, 0x78, 0x7a, 0xd0,
        0xb3, 0x05, 0x45, 0xe1, 0x7c, 0xde, 0xda, 0xa8, 0x33, 0xb7, 0xd6, 0xb8, 0xa7,
        0x02, 0x03, 0x8b, 0x27, 0x4e, 0xae, 0xa3, 0xf4, 0xe4, 0xbe, 0x9d, 0x91, 0x4e,
        0xeb, 0x61, 0xf1, 0x70, 0x2e, 0x69, 0x6c, 0x20, 0x3a, 0x12, 0x68, 0x54};
    uint8_t key[20], digest[SHA512_SIZE];
    struct hmac hmac;
    memset(key, 0x0b, sizeof key);
    hmac_init(&hmac, key, sizeof key);
    sha512_update(&hmac.hash, "Hi There", 8);
    hmac_final(&hmac, digest);
    EXPECT(memcmp(digest, wanted, sizeof wanted) == 0);
}

static void talk_make(struct key_talk *talk, uint8_t key[KEY_SIZE])
{
    for (uint8_t i = 0; i < KEY_SIZE; i++) key[i] = i;
    *talk = (struct key_talk){
        .key = key, .user = wire_text_of("user"), .tree = wire_text_of("/tree"), .uid = 1000};
    memset(talk->client, 'c', KEY_NONCE);
    memset(talk->server, 's', KEY_NONCE);
}

TEST("a proof is what others compute")
{
    static const uint8_t wanted[KEY_PROOF] = {0x2b, 0x14, 0x94, 0xa6, 0xe5, 0x7b, 0xf3, 0x22,
                                              0x0f, 0x53, 0xb8, 0x06, 0x79, 0x31, 0xed, 0x4d,
                                              0xc8, 0x70, 0x7a, 0xf3, 0xd5, 0x98, 0x4a, 0x41,
                                              0x5e, 0x09, 0x92, 0x3a, 0x66, 0x4e, 0x8e, 0xb9};
    uint8_t key[KEY_SIZE], proof[KEY_PROOF];
    struct key_talk talk;
    talk_make(&talk, key);
    key_proof(&talk, true, proof);
    EXPECT(memcmp(proof, wanted, sizeof wanted) == 0);
}

TEST("another side, user, tree, nonce or key is another proof")
{
    uint8_t key[KEY_SIZE], good[KEY_PROOF], proof[KEY_PROOF];
    struct key_talk talk;
    talk_make(&talk, key);
    key_proof(&talk, true, good);
    EXPECT(key_is_same(good, good, KEY_PROOF));
    key_proof(&talk, false, proof);
    EXPECT(!key_is_same(good, proof, KEY_PROOF));
    talk.user = wire_text_of("user/");
    talk.tree = wire_text_of("tree");
    key_proof(&talk, true, proof);
    EXPECT(!key_is_same(good, proof, KEY_PROOF));
    talk_make(&talk, key);
    talk.uid++;
    key_proof(&talk, true, proof);
    EXPECT(!key_is_same(good, proof, KEY_PROOF));
    talk_make(&talk, key);
    talk.server[0]++;
    key_proof(&talk, true, proof);
    EXPECT(!key_is_same(good, proof, KEY_PROOF));
    talk_make(&talk, key);
    key[31]++;
    key_proof(&talk, true, proof);
    EXPECT(!key_is_same(good, proof, KEY_PROOF));
}

TEST("a key is 64 hexadecimal digits and nothing else")
{
    char text[] = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F\n";
    uint8_t key[KEY_SIZE];
    EXPECT(key_parse(text, 65, key) && key_parse(text, 64, key));
    EXPECT(key[0] == 0 && key[10] == 10 && key[31] == 31);
    EXPECT(!key_parse(text, 63, key) && !key_parse("", 0, key) && !key_parse("\n", 1, key));
    text[5] = 'g';
    EXPECT(!key_parse(text, 64, key));
}
