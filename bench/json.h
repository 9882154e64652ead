/* Writing JSON: objects, arrays and values in order, with commas and escapes right by construction.
 *
 * A number that is not finite is written as null, for JSON has none such.
 */
#ifndef ABREAST_BENCH_JSON_H
#define ABREAST_BENCH_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
    FILE *file;
    unsigned depth;
    bool started; /* the innermost object or array has an item */
};

/* `key` is null inside an array and at the top. `bracket` is '{' or '['. */
void json_open(struct json *, const char *key, char bracket);
void json_close(struct json *, char bracket); /* '}' or ']' */

void json_string(struct json *, const char *key, const char *value); /* null value: null */
void json_number(struct json *, const char *key, double value);
void json_count(struct json *, const char *key, uint64_t value);
void json_bool(struct json *, const char *key, bool value);

#endif
