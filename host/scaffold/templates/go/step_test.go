// The step on a fake host: without Wasm, and without a model.
package main

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"example.com/PLUGIN_NAME/stepwell"
)

var changes = stepwell.Text{Name: "changes", Value: "faster a, no b"}

func notes(value string) []stepwell.Text {
	return []stepwell.Text{{Name: "notes", Value: value}}
}

func TestProseAroundTheListIsLeftOut(t *testing.T) {
	host := stepwell.FakeHost{Answers: []string{"Here they are:\n- A is faster\n- B is gone\nEnjoy!"}}
	documents, err := host.Execute(releaseNotes{}, changes)
	if err != nil || !slices.Equal(documents, notes("- A is faster\n- B is gone")) {
		t.Fatal(documents, err)
	}
	if !slices.Equal(host.PromptsSent, []string{"Write release notes, as a list, for:\nfaster a, no b"}) {
		t.Fatal(host.PromptsSent)
	}
}

func TestAnAnswerWithoutAListIsAskedForAgain(t *testing.T) {
	host := stepwell.FakeHost{Answers: []string{"Sorry.", "- A is faster"}}
	_, err := host.Execute(releaseNotes{}, changes)
	var why *stepwell.Failure
	if !errors.As(err, &why) || !why.Retryable {
		t.Fatal(err)
	}
	documents, err := host.Execute(releaseNotes{}, changes)
	if err != nil || !slices.Equal(documents, notes("- A is faster")) {
		t.Fatal(documents, err)
	}
	if !strings.Contains(host.PromptsSent[1], "it holds no list") {
		t.Fatal(host.PromptsSent)
	}
}
