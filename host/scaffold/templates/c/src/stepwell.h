// What a step wants of the contract, in a shorter form than that of its bindings. All else is in `bindings/step.h`.
//
// An instance lives for one call of the host and is thrown away, so that nothing here is freed. What is handed over to the host has to lie on
// the heap all the same: the bindings free it.

#ifndef STEPWELL_H
#define STEPWELL_H

#include "step.h"

#include <stdbool.h>

typedef step_string_t text;
typedef exports_stepwell_plugin_guest_list_text_t texts;
typedef exports_stepwell_plugin_guest_failure_t failure;

// A copy of a string on the heap.
text text_of(const char *string);

// One field that has to be there, such as an input. The names of several would follow each other.
stepwell_plugin_types_list_field_t one_field(const char *name, const char *description);

// One text with a name, such as the document of a step.
texts one_text(const char *name, text value);

// Says why the step gives up; returns false, which is what the step returns then.
bool failed(failure *why, uint8_t kind, text message, bool retryable);

// Fills the version of a prompt that this execution uses, with the inputs as its variables.
bool fill(const char *prompt, const texts *inputs, text *filled, failure *why);

// One question to the step's model. After an answer that couldn't be used the model is told why.
bool ask(text prompt, text *answer, failure *why);

#endif
