// SPDX-License-Identifier: MIT
// Reads a static position-independent ELF program (System V ABI, chapters 4 and 5); headers of 32
// bits are read into those of 64, which have the same fields. It must relocate itself by DT_RELR
// alone; other dynamic relocations, needed libraries, an interpreter, relocated text and writable
// code are refused, because nothing that loads an image would do anything about them.
#include "program.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

struct elf {
    const char *path;
    const uint8_t *bytes;
    uint64_t size;
    bool is_narrow; // 32 bits
    Elf64_Ehdr header;
    Elf64_Phdr *parts;
};

static const uint8_t *part_bytes(const struct elf *elf, const Elf64_Phdr *part)
{
    if (part->p_offset > elf->size || part->p_filesz > elf->size - part->p_offset)
        complain("%s: truncated", elf->path);
    return elf->bytes + part->p_offset;
}

static void header_read(struct elf *elf)
{
    Elf64_Ehdr *header = &elf->header;
    Elf32_Ehdr narrow;
    if (elf->size < sizeof *header || memcmp(elf->bytes, ELFMAG, SELFMAG) != 0)
        complain("%s: not an ELF file", elf->path);
    memcpy(header, elf->bytes, sizeof *header);
    memcpy(&narrow, elf->bytes, sizeof narrow);
    elf->is_narrow = header->e_ident[EI_CLASS] == ELFCLASS32;
    if ((!elf->is_narrow && header->e_ident[EI_CLASS] != ELFCLASS64) ||
        header->e_ident[EI_DATA] != ELFDATA2LSB)
        complain("%s: not 32-bit or 64-bit little-endian", elf->path);
    if (elf->is_narrow) {
        header->e_entry = narrow.e_entry;
        header->e_phoff = narrow.e_phoff;
        header->e_phnum = narrow.e_phnum;
        header->e_phentsize = narrow.e_phentsize;
    }
    if (header->e_type != ET_DYN) complain("%s: not position-independent", elf->path);
}

static void parts_read(struct elf *elf)
{
    const Elf64_Ehdr *header = &elf->header;
    size_t each = elf->is_narrow ? sizeof(Elf32_Phdr) : sizeof(Elf64_Phdr);
    if (header->e_phentsize != each || header->e_phoff > elf->size ||
        header->e_phnum * each > elf->size - header->e_phoff)
        complain("%s: malformed program headers", elf->path);
    elf->parts = allocate(header->e_phnum, sizeof *elf->parts);
    for (size_t i = 0; i < header->e_phnum; i++) {
        const uint8_t *from = elf->bytes + header->e_phoff + i * each;
        Elf32_Phdr narrow;
        if (!elf->is_narrow) {
            memcpy(&elf->parts[i], from, each);
            continue;
        }
        memcpy(&narrow, from, each);
        elf->parts[i] = (Elf64_Phdr){.p_type = narrow.p_type,
                                     .p_flags = narrow.p_flags,
                                     .p_offset = narrow.p_offset,
                                     .p_vaddr = narrow.p_vaddr,
                                     .p_filesz = narrow.p_filesz,
                                     .p_memsz = narrow.p_memsz};
    }
}

static uint32_t cpu_of(const struct elf *elf)
{
    switch (elf->header.e_machine) {
    case EM_386: return MACHO_CPU_X86;
    case EM_AARCH64: return MACHO_CPU_ARM64;
    case EM_X86_64: return MACHO_CPU_X86_64;
    case EM_RISCV: return elf->is_narrow ? MACHO_CPU_RISCV : MACHO_CPU_RISCV64;
    default: complain("%s: machine %u is unknown", elf->path, elf->header.e_machine);
    }
}

static void dynamic_check(const struct elf *elf, const Elf64_Phdr *part)
{
    const uint8_t *bytes = part_bytes(elf, part);
    size_t each = elf->is_narrow ? sizeof(Elf32_Dyn) : sizeof(Elf64_Dyn);
    for (uint64_t at = 0; at + each <= part->p_filesz; at += each) {
        Elf64_Dyn entry;
        Elf32_Dyn narrow;
        memcpy(elf->is_narrow ? (void *)&narrow : &entry, bytes + at, each);
        if (elf->is_narrow) {
            entry.d_tag = narrow.d_tag;
            entry.d_un.d_val = narrow.d_un.d_val;
        }
        switch (entry.d_tag) {
        case DT_NULL: return;
        case DT_NEEDED: complain("%s: needs a shared library", elf->path);
        case DT_TEXTREL: complain("%s: relocates its text", elf->path);
        case DT_RELASZ:
        case DT_RELSZ:
        case DT_PLTRELSZ:
            if (entry.d_un.d_val)
                complain("%s: has dynamic relocations other than RELR", elf->path);
            break;
        case DT_FLAGS:
            if (entry.d_un.d_val & DF_TEXTREL) complain("%s: relocates its text", elf->path);
            break;
        default: break;
        }
    }
}

// The first 16 bytes of the GNU build id name the program for symbolisation.
static void note_read(const struct elf *elf, const Elf64_Phdr *part, uint8_t uuid[16])
{
    const uint8_t *bytes = part_bytes(elf, part);
    for (uint64_t at = 0; part->p_filesz - at >= sizeof(Elf64_Nhdr);) {
        Elf64_Nhdr note;
        memcpy(&note, bytes + at, sizeof note);
        uint64_t name = at + sizeof note, data = name + ((note.n_namesz + 3u) & ~3ull);
        uint64_t end = data + ((note.n_descsz + 3u) & ~3ull);
        if (end > part->p_filesz) return;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
            !memcmp(bytes + name, "GNU", 4) && note.n_descsz >= 16)
            memcpy(uuid, bytes + data, 16);
        at = end;
    }
}

static void segment_add(const struct elf *elf, const Elf64_Phdr *part, struct program *program)
{
    if (!part->p_memsz) return;
    if ((part->p_flags & (PF_W | PF_X)) == (PF_W | PF_X))
        complain("%s: a segment is writable and executable", elf->path);
    uint64_t start = part->p_vaddr & ~(IMAGE_PAGE - 1);
    uint64_t end = (part->p_vaddr + part->p_memsz + IMAGE_PAGE - 1) & ~(IMAGE_PAGE - 1);
    if (end <= start || part->p_filesz > part->p_memsz)
        complain("%s: malformed program headers", elf->path);
    uint64_t taken = 0;
    if (program->segment_count > 0) {
        const struct segment *last = &program->segments[program->segment_count - 1];
        taken = last->address + last->memory_size;
    }
    if (start < taken) complain("%s: segments share a page, or do not ascend", elf->path);
    struct segment *segment = &program->segments[program->segment_count++];
    *segment = (struct segment){
        .address = start,
        .memory_size = end - start,
        .protection = MACHO_READ | (part->p_flags & PF_W ? MACHO_WRITE : 0) |
                      (part->p_flags & PF_X ? MACHO_EXECUTABLE : 0),
        .lead = part->p_vaddr - start,
        .bytes = part_bytes(elf, part),
        .size = part->p_filesz,
    };
}

void elf_read(const char *path, const struct file *file, struct program *program)
{
    struct elf elf = {.path = path, .bytes = file->bytes, .size = file->size};
    header_read(&elf);
    parts_read(&elf);
    program->cpu_type = cpu_of(&elf);
    program->entry = elf.header.e_entry;
    program->segments = allocate(elf.header.e_phnum, sizeof *program->segments);
    for (size_t i = 0; i < elf.header.e_phnum; i++) {
        const Elf64_Phdr *part = &elf.parts[i];
        switch (part->p_type) {
        case PT_LOAD: segment_add(&elf, part, program); break;
        case PT_DYNAMIC: dynamic_check(&elf, part); break;
        case PT_NOTE: note_read(&elf, part, program->uuid); break;
        case PT_INTERP: complain("%s: has an interpreter", path);
        default: break;
        }
    }
    for (size_t i = 0; i < program->segment_count; i++) {
        const struct segment *segment = &program->segments[i];
        if (program->entry - segment->address < segment->memory_size &&
            segment->protection & MACHO_EXECUTABLE)
            return;
    }
    complain("%s: the entry is not in an executable segment", path);
}
