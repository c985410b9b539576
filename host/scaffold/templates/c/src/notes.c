#include "notes.h"

#include <stdbool.h>
#include <string.h>

size_t keep_notes(char *text, size_t length) {
    size_t kept = 0;
    for (size_t start = 0; start < length;) {
        const char *end = memchr(text + start, '\n', length - start);
        size_t line = end ? (size_t)(end - text) - start : length - start;
        bool is_note = line >= 2 && text[start] == '-' && text[start + 1] == ' ';
        if (is_note) {
            if (kept > 0) text[kept++] = '\n';
            memmove(text + kept, text + start, line);
            kept += line;
        }
        start += line + 1;
    }
    return kept;
}
