/* The table of forms in C. */
#include "bench/phases/forms.h"

#define X(name, end, model, mechanism, streams, models) {model, mechanism, streams, name##_begin, end},
const struct phase_form phase_forms[] = {PHASE_FORMS(X){.model = NULL}};
#undef X

const char phase_toolchain[] = ABREAST_TOOLCHAIN;
