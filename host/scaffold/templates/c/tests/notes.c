// Tests of what needs no host.

#include "notes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect(const char *answer, const char *notes) {
    char text[200];
    size_t length = strlen(answer);
    memcpy(text, answer, length);
    size_t kept = keep_notes(text, length);
    if (kept != strlen(notes) || memcmp(text, notes, kept) != 0) {
        fprintf(stderr, "of\n%s\n%.*s was kept\n", answer, (int)kept, text);
        exit(1);
    }
}

int main(void) {
    expect("Here they are:\n- A is faster\n- B is gone\nEnjoy!", "- A is faster\n- B is gone");
    expect("- A\n\n- B\n", "- A\n- B");
    expect("-\n-A\n", "");
    expect("Sorry.", "");
    expect("", "");
    puts("all is well");
}
