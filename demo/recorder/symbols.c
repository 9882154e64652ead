#include "demo/recorder/symbols.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_self(size_t *size)
{
    FILE *file = fopen("/proc/self/exe", "rb");
    char *bytes = NULL;
    if (!file)
        return NULL;
    long end = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    if (end > 0 && fseek(file, 0, SEEK_SET) == 0)
        bytes = malloc((size_t)end);
    *size = (size_t)end;
    if (bytes && fread(bytes, 1, *size, file) != *size) {
        free(bytes);
        bytes = NULL;
    }
    fclose(file);
    return bytes;
}

static int by_address(const void *left, const void *right)
{
    const struct symbol *a = left, *b = right;
    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return strcmp(a->name, b->name);
}

int symbols_read(struct symbols *symbols)
{
    size_t size = 0;
    *symbols = (struct symbols){.file = read_self(&size)};
    if (!symbols->file)
        return -EIO;
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)symbols->file;
    const Elf64_Shdr *sections = (const Elf64_Shdr *)(symbols->file + header->e_shoff);
    for (size_t i = 0; i < header->e_shnum; i++) {
        if (sections[i].sh_type != SHT_SYMTAB)
            continue;
        const Elf64_Sym *table = (const Elf64_Sym *)(symbols->file + sections[i].sh_offset);
        size_t count = sections[i].sh_size / sizeof *table;
        char *names = symbols->file + sections[sections[i].sh_link].sh_offset;
        symbols->each = malloc((count + 1) * sizeof *symbols->each);
        if (!symbols->each)
            return -ENOMEM;
        for (size_t k = 0; k < count; k++) {
            if (ELF64_ST_TYPE(table[k].st_info) != STT_FUNC || !table[k].st_value)
                continue;
            char *name = names + table[k].st_name, *dot = strchr(name, '.');
            if (dot)
                *dot = '\0';
            symbols->each[symbols->count++] = (struct symbol){table[k].st_value, table[k].st_size, name};
        }
        qsort(symbols->each, symbols->count, sizeof *symbols->each, by_address);
        return 0;
    }
    return -ENOEXEC; /* stripped */
}

void symbols_free(struct symbols *symbols)
{
    free(symbols->each);
    free(symbols->file);
}

const struct symbol *symbols_find(const struct symbols *symbols, uint64_t address)
{
    size_t low = 0, high = symbols->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (symbols->each[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || address >= symbols->each[low - 1].address + symbols->each[low - 1].bytes)
        return NULL;
    return &symbols->each[low - 1];
}
