// A step in Go that uses most of the contract, and reports what it got as the steps beside it do.
package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	chat "bindings/imports/stepwell_plugin_chat"
	context "bindings/imports/stepwell_plugin_context"
	dialogue "bindings/imports/stepwell_plugin_dialogue"
	documents "bindings/imports/stepwell_plugin_documents"
	progress "bindings/imports/stepwell_plugin_progress"
	prompts "bindings/imports/stepwell_plugin_prompts"
	workspace "bindings/imports/stepwell_plugin_workspace"
	wit "bindings/wit/types"

	"example.com/wise_step/stepwell"
)

type releaseNotes struct{}

func (releaseNotes) Describe() stepwell.Description {
	text := stepwell.Field{Name: "text", Description: "The text", Required: true}
	style := stepwell.Field{Name: "style", Description: "How", Schema: wit.Some(`{"type": "string"}`)}
	return stepwell.Description{
		Name:      "busy",
		Version:   "0.1.0",
		Summary:   "Does everything.",
		Inputs:    []stepwell.Field{text},
		Documents: []stepwell.Field{{Name: "report", Description: "What it got", Required: true, Schema: wit.Some(`{"type": "object"}`)}},
		Prompts:   []stepwell.Prompt{{Name: "busy", Intrinsic: "{{ style }}: {{ text }}", Variables: []stepwell.Field{text, style}}},
		Settings:  []stepwell.Field{style, {Name: "number", Description: "A number"}},
		Grants:    []stepwell.Text{{Name: "workspace", Value: "write"}},
		Annotations: []stepwell.Text{
			{Name: "workspace", Value: `"it writes"`},
			{Name: "clock", Value: `"it waits"`},
			{Name: "optional-grants", Value: `{"clock": "real"}`},
		},
	}
}

func (releaseNotes) ConstructPrompt(inputs []stepwell.Text) (*string, error) {
	variables := []stepwell.Text{{Name: "style", Value: setting("style", "")}}
	for _, input := range inputs {
		// As the SDKs do.
		variables = append(variables, stepwell.Text{Name: input.Name, Value: strings.TrimSpace(input.Value)})
	}
	filled, err := stepwell.Fill("busy", variables)
	return &filled, err
}

func (releaseNotes) ProcessResponse(inputs []stepwell.Text, response string) ([]stepwell.Text, error) {
	return []stepwell.Text{{Name: "report", Value: response}}, nil
}

func (step releaseNotes) Execute(inputs []stepwell.Text) ([]stepwell.Text, error) {
	progress.Log(progress.Level_Warn, "begins")
	progress.Advance(1, 2, "half")
	whatIsLeftOver()
	whileMemoryIsCollected()
	workspace.Write("out.txt", append(workspace.Read("in.txt").Ok(), "é"...)).Ok()
	prompt, err := step.ConstructPrompt(inputs)
	if err != nil {
		return nil, err
	}
	report := map[string]any{
		"prompt":   *prompt,
		"number":   setting("number", 7),
		"answers":  answers("one", "two"),
		"person":   person(),
		"files":    files("*.txt"),
		"missing":  map[uint8]string{workspace.WorkspaceErrorKind_NotFound: "file-not-found"}[workspace.Read("missing.txt").Err().Kind.Tag()],
		"outside":  map[uint8]string{workspace.WorkspaceErrorKind_InvalidPath: "invalid-path"}[workspace.Write("../out.txt", nil).Err().Kind.Tag()],
		"unknown":  map[uint8]string{prompts.PromptErrorKind_NotFound: "prompt-not-found"}[prompts.Render("unknown", nil).Err().Kind.Tag()],
		"silent":   map[uint8]string{chat.ChatErrorKind_ReplayMiss: "replay-miss"}[chat.Complete(question("three")).Err().Kind.Tag()],
		"template": inputs[len(inputs)-1].Value,
	}
	text, err := json.Marshal(report)
	if err != nil {
		return nil, err
	}
	return step.ProcessResponse(inputs, string(text))
}

// The value of a setting, or another.
func setting[T any](name string, other T) T {
	given := context.Setting(name)
	if given.IsSome() {
		demand(json.Unmarshal([]byte(given.Some()), &other) == nil, name)
	}
	return other
}

func question(text string) chat.Request {
	message := chat.Message{Role: chat.Role_User, Parts: []chat.Part{chat.MakePartText(text)}}
	return chat.Request{
		Messages:        []chat.Message{message},
		MaxOutputTokens: wit.Some(uint32(1000)),
		Stop:            []string{"END"},
		ToolChoice:      chat.MakeToolChoiceAuto(),
	}
}

func answers(texts ...string) []string {
	var requests []chat.Request
	for _, text := range texts {
		requests = append(requests, question(text))
	}
	var answers []string
	for _, answer := range chat.CompleteAll(requests) {
		demand(answer.Ok().Message.Role == chat.Role_Assistant, "whose answer it is")
		answers = append(answers, answer.Ok().Text)
	}
	return answers
}

func person() []string {
	who := dialogue.Question{
		Key:         "who",
		Text:        "Who is it?",
		Choices:     []string{"me", "you"},
		Suggested:   wit.Some("you"),
		Annotations: []stepwell.Text{{Name: "required", Value: "false"}},
	}
	return dialogue.Ask(dialogue.Form{Title: "Who", Guidance: "Say.", Questions: []dialogue.Question{who}}).Ok()
}

func files(pattern string) []string {
	var paths []string
	for _, entry := range workspace.Entries(pattern).Ok() {
		paths = append(paths, entry.Path)
	}
	return paths
}

// What no SDK beside has a shorter form for.
func whatIsLeftOver() {
	demand(len(context.RunId()) > 20 && context.Attempt() == 1, "which execution it is")
	demand(context.LoadCheckpoint("a").IsNone(), "no checkpoint")
	demand(context.SaveCheckpoint("a", []byte{1, 0, 255}).IsOk(), "a checkpoint is saved")
	demand(string(context.LoadCheckpoint("a").Some()) == "\x01\x00\xff", "a checkpoint is loaded")
	demand(prompts.AllVersions("busy").Ok()[0].Content == "{{ style }}: {{ text }}", "all versions of a prompt")
	demand(documents.Read("nowhere", "none", nil).IsErr(), "no document")
	skimmed := workspace.Skim([]string{"in.txt", "absent"}).Ok()
	demand(string(skimmed[0].Ok()) == "here" && skimmed[1].IsErr(), "a text and an error in a list")
	found := workspace.Search(workspace.Query{Pattern: "he+re", Paths: "*.txt", Most: 10}).Ok()
	demand(found.Files[0].Path == "in.txt" && found.Files[0].Lines[0].Text == "here", "what was searched")
}

// What the host hands over while goroutines take turns and garbage is collected stays as it came.
func whileMemoryIsCollected() {
	long := strings.Repeat("a long text, ", 10_000)
	demand(workspace.Write("long.txt", []byte(long)).IsOk(), "a long text is written")
	kept := make([][]byte, 64)
	var group sync.WaitGroup
	for at := range kept {
		group.Go(func() {
			time.Sleep(time.Duration(len(kept)-at) * time.Hour)
			kept[at] = workspace.Read("long.txt").Ok()
			garbage := make([]string, 100)
			for one := range garbage {
				garbage[one] = fmt.Sprint(at, one)
			}
			runtime.GC()
			demand(garbage[99] == fmt.Sprint(at, 99), "memory of Go's own")
		})
	}
	group.Wait()
	for at := range kept {
		demand(string(kept[at]) == long, "memory that the host wrote")
	}
	demand(workspace.Remove("long.txt").IsOk(), "a text is removed")
}

func demand(is bool, what string) {
	if !is {
		panic(what)
	}
}
