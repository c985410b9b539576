#include "stepwell.h"

#include <stdlib.h>
#include <string.h>

static void *memory(size_t bytes) {
    void *found = calloc(1, bytes);
    if (!found) abort();
    return found;
}

text text_of(const char *string) {
    text copy;
    step_string_dup(&copy, string);
    return copy;
}

// Both, one after the other.
static text joined(text first, text second) {
    text both = {memory(first.len + second.len + 1), first.len + second.len};
    memcpy(both.ptr, first.ptr, first.len);
    memcpy(both.ptr + first.len, second.ptr, second.len);
    return both;
}

stepwell_plugin_types_list_field_t one_field(const char *name, const char *description) {
    stepwell_plugin_types_field_t *field = memory(sizeof *field);
    field->name = text_of(name);
    field->description = text_of(description);
    field->required = true;
    return (stepwell_plugin_types_list_field_t){field, 1};
}

texts one_text(const char *name, text value) {
    exports_stepwell_plugin_guest_text_t *only = memory(sizeof *only);
    only->name = text_of(name);
    only->value = value;
    return (texts){only, 1};
}

bool failed(failure *why, uint8_t kind, text message, bool retryable) {
    *why = (failure){.kind = {.tag = kind}, .message = message, .retryable = retryable};
    return false;
}

// Gives up with a code of the step's own.
static bool failed_with(failure *why, const char *code, text message) {
    failed(why, STEPWELL_PLUGIN_TYPES_FAILURE_KIND_OTHER, message, false);
    why->kind.val.other = text_of(code);
    return false;
}

// The host asks the last question again.
static bool unusable(failure *why, const char *message) {
    return failed(why, STEPWELL_PLUGIN_TYPES_FAILURE_KIND_INVALID_RESPONSE, text_of(message), true);
}

bool fill(const char *prompt, const texts *inputs, text *filled, failure *why) {
    text name = text_of(prompt);
    stepwell_plugin_prompts_list_text_t variables = {inputs->ptr, inputs->len};
    stepwell_plugin_prompts_prompt_error_t error;
    if (stepwell_plugin_prompts_render(&name, &variables, filled, &error)) return true;
    return failed_with(why, "prompt", error.message);
}

// The prompt, with what was wrong with the answer before. What to do better is the step's to say; the host only asks again.
static text remarked(text prompt) {
    static const char code[] = "invalid-response";
    text before;
    bool is_again = stepwell_plugin_context_previous_end(&before);
    if (!is_again || before.len < sizeof code - 1 || memcmp(before.ptr, code, sizeof code - 1) != 0) return prompt;
    return joined(joined(prompt, text_of("\n\nYour last answer could not be used: ")), before);
}

bool ask(text prompt, text *answer, failure *why) {
    stepwell_plugin_chat_part_t part = {.tag = STEPWELL_PLUGIN_CHAT_PART_TEXT, .val = {.text = remarked(prompt)}};
    stepwell_plugin_chat_message_t message = {.role = STEPWELL_PLUGIN_CHAT_ROLE_USER, .parts = {&part, 1}};
    stepwell_plugin_chat_request_t request = {
        .messages = {&message, 1},
        .tool_choice = {.tag = STEPWELL_PLUGIN_CHAT_TOOL_CHOICE_AUTO},
    };
    stepwell_plugin_chat_response_t response;
    stepwell_plugin_chat_chat_error_t error;
    if (!stepwell_plugin_chat_complete(&request, &response, &error)) {
        // The host has retried what is worth retrying.
        return failed_with(why, "chat", error.message);
    }
    switch (response.finish_reason.tag) {
    case STEPWELL_PLUGIN_CHAT_FINISH_REASON_STOP:
    case STEPWELL_PLUGIN_CHAT_FINISH_REASON_TOOL_CALLS:
        *answer = response.text;
        return true;
    case STEPWELL_PLUGIN_CHAT_FINISH_REASON_CONTENT_FILTER:
        return failed_with(why, "content-filtered", text_of("the model, or its provider's filter, refused to answer"));
    case STEPWELL_PLUGIN_CHAT_FINISH_REASON_LENGTH:
        return unusable(why, "the answer was cut off at the most output tokens: be briefer");
    default:
        return unusable(why, "the answer ended with a reason of its provider's own: nobody knows whether that is its whole");
    }
}
