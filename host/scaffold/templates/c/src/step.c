// Writes release notes from a list of changes: the four functions that a step exports.

#include "notes.h"
#include "stepwell.h"

#include <stdlib.h>

static const char PROMPT[] = "Write release notes, as a list, for:\n{{ changes }}";

void exports_stepwell_plugin_guest_describe(exports_stepwell_plugin_guest_description_t *described) {
    stepwell_plugin_types_prompt_t *prompt = malloc(sizeof *prompt);
    if (!prompt) abort();
    *prompt = (stepwell_plugin_types_prompt_t){
        .name = text_of("PLUGIN_NAME"),
        .intrinsic = text_of(PROMPT),
        .variables = one_field("changes", "What changed"),
    };
    *described = (exports_stepwell_plugin_guest_description_t){
        .name = text_of("PLUGIN_NAME"),
        .version = text_of("0.1.0"),
        .summary = text_of("Writes release notes."),
        .inputs = one_field("changes", "What changed, a line each"),
        .documents = one_field("notes", "The release notes, a list"),
        .prompts = {prompt, 1},
    };
}

bool exports_stepwell_plugin_guest_construct_prompt(texts *inputs, step_option_string_t *prompt, failure *why) {
    prompt->is_some = true;
    return fill("PLUGIN_NAME", inputs, &prompt->val, why);
}

bool exports_stepwell_plugin_guest_process_response(texts *inputs, text *response, texts *documents, failure *why) {
    (void)inputs;
    response->len = keep_notes((char *)response->ptr, response->len);
    if (response->len == 0) {
        text lacks = text_of("it holds no list");
        return failed(why, STEPWELL_PLUGIN_TYPES_FAILURE_KIND_INVALID_RESPONSE, lacks, true);
    }
    *documents = one_text("notes", *response);
    return true;
}

bool exports_stepwell_plugin_guest_execute(texts *inputs, texts *documents, failure *why) {
    text prompt, answer;
    return fill("PLUGIN_NAME", inputs, &prompt, why) && ask(prompt, &answer, why) &&
           exports_stepwell_plugin_guest_process_response(inputs, &answer, documents, why);
}
