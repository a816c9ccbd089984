// SPDX-License-Identifier: MIT
// Signs an image that tool/image has made: fills its signature command with the public key and
// appends the Ed25519 signature over SHA-512 of everything before it. A signed image is signed
// anew.
//     sign [-k KEYS] [-n NAME] IN OUT     KEYS/NAME.key is the secret; default out/keys, system
#include <support/file.h>
#include <support/signing.h>

#include <abi/manifest.h>
#include <string.h>

// The signature command: the last one, there already or in the zeros that tool/image left for it.
static struct macho_signature *signature_place(struct file *file, const char *path)
{
    struct macho_header_64 *header = (void *)file->bytes;
    if (file->size < sizeof *header || header->magic != MACHO_MAGIC_64)
        complain("%s: not an image", path);
    size_t at = sizeof *header, end = at + header->commands_size;
    uint64_t first = file->size, last = 0;
    while (at + sizeof(struct macho_command) <= end && end <= file->size) {
        struct macho_command *command = (void *)(file->bytes + at);
        struct macho_segment_64 *segment = (void *)command;
        if (command->command == MACHO_FERRITE_SIGNATURE) return (void *)command;
        if (command->command == MACHO_SEGMENT_64 && segment->file_size) {
            if (segment->file_offset < first) first = segment->file_offset;
            last = segment->file_offset + segment->file_size;
        }
        if (command->size < sizeof *command) break;
        at += command->size;
    }
    if (at != end || end + sizeof(struct macho_signature) > first || last != file->size)
        complain("%s: malformed, or without room for a signature", path);
    struct macho_signature *signature = (void *)(file->bytes + at);
    signature->command = (struct macho_command){MACHO_FERRITE_SIGNATURE, sizeof *signature};
    signature->file_offset = file->size;
    header->command_count++;
    header->commands_size += sizeof *signature;
    return signature;
}

int main(int count, char **arguments)
{
    tool_name = "sign";
    struct signing signing;
    signing_read(count, arguments, "IN OUT", &signing);
    struct file file = file_read(signing.in);
    struct macho_signature *signature = signature_place(&file, signing.in);
    memcpy(signature->key, signing.secret.key, sizeof signing.secret.key);
    if (signature->file_offset > file.size) complain("%s: truncated", signing.in);
    struct buffer out = {0};
    buffer_append(&out, file.bytes, signature->file_offset);
    uint8_t bytes[MACHO_SIGNATURE_SIZE];
    secret_sign(&signing.secret, "ferrite image", out.bytes, out.size, bytes);
    buffer_append(&out, bytes, sizeof bytes);
    file_write(signing.out, out.bytes, out.size, 0755);
    return 0;
}
