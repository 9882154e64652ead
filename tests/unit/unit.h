/* What every unit test includes: cmocka, and its headers in the order that it wants. */
#ifndef ABREAST_TESTS_UNIT_UNIT_H
#define ABREAST_TESTS_UNIT_UNIT_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

enum { SKIPPED = 77 }; /* the exit status of a program that can test nothing here, as ctest expects it */

#endif
