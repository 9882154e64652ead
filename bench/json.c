#include "bench/json.h"

#include <math.h>

static void quoted(struct json *json, const char *text)
{
    fputc('"', json->file);
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (*at == '"' || *at == '\\')
            fprintf(json->file, "\\%c", *at);
        else if (*at < 0x20)
            fprintf(json->file, "\\u%04x", *at);
        else
            fputc(*at, json->file);
    }
    fputc('"', json->file);
}

static void item(struct json *json, const char *key)
{
    if (json->started)
        fputc(',', json->file);
    if (json->depth)
        fprintf(json->file, "\n%*s", (int)(2 * json->depth), "");
    json->started = true;
    if (key) {
        quoted(json, key);
        fputs(": ", json->file);
    }
}

void json_open(struct json *json, const char *key, char bracket)
{
    item(json, key);
    fputc(bracket, json->file);
    json->depth++;
    json->started = false;
}

void json_close(struct json *json, char bracket)
{
    json->depth--;
    if (json->started)
        fprintf(json->file, "\n%*s", (int)(2 * json->depth), "");
    fputc(bracket, json->file);
    json->started = true;
    if (!json->depth)
        fputc('\n', json->file);
}

void json_string(struct json *json, const char *key, const char *value)
{
    item(json, key);
    if (value)
        quoted(json, value);
    else
        fputs("null", json->file);
}

void json_number(struct json *json, const char *key, double value)
{
    item(json, key);
    if (isfinite(value))
        fprintf(json->file, "%.17g", value);
    else
        fputs("null", json->file);
}

void json_count(struct json *json, const char *key, uint64_t value)
{
    item(json, key);
    fprintf(json->file, "%llu", (unsigned long long)value);
}

void json_bool(struct json *json, const char *key, bool value)
{
    item(json, key);
    fputs(value ? "true" : "false", json->file);
}
