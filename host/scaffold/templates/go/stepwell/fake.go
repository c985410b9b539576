package stepwell

import (
	"errors"
	"strings"

	"bindings/imports/stepwell_plugin_chat"
	"bindings/imports/stepwell_plugin_prompts"
	"bindings/imports/stepwell_plugin_types"
	"bindings/wit/types"
)

// FakeHost stands in the host's place, so that a step is tested on this machine, without a model.
type FakeHost struct {
	// Answers are what the model says, in this order.
	Answers []string
	// PromptsSent is what the model was asked.
	PromptsSent []string

	ended string
}

// Execute executes a step; once more after a failure, it is the next attempt.
func (host *FakeHost) Execute(step Step, inputs ...Text) ([]Text, error) {
	render = func(prompt string, variables []Text) wit_types.Result[string, stepwell_plugin_prompts.PromptError] {
		for _, known := range step.Describe().Prompts {
			if known.Name == prompt {
				return wit_types.Ok[string, stepwell_plugin_prompts.PromptError](filled(known.Intrinsic, variables))
			}
		}
		panic("the step describes no prompt " + prompt)
	}
	complete = func(request stepwell_plugin_chat.Request) wit_types.Result[stepwell_plugin_chat.Response, stepwell_plugin_chat.ChatError] {
		host.PromptsSent = append(host.PromptsSent, request.Messages[0].Parts[0].Text())
		if len(host.Answers) == 0 {
			panic("the host has no more answers")
		}
		answer := stepwell_plugin_chat.Response{Text: host.Answers[0], FinishReason: stepwell_plugin_chat.MakeFinishReasonStop()}
		host.Answers = host.Answers[1:]
		return wit_types.Ok[stepwell_plugin_chat.Response, stepwell_plugin_chat.ChatError](answer)
	}
	previousEnd = func() wit_types.Option[string] {
		if host.ended == "" {
			return wit_types.None[string]()
		}
		return wit_types.Some(host.ended)
	}
	documents, err := step.Execute(inputs)
	var why *Failure
	if errors.As(err, &why) && why.Kind.Tag() == stepwell_plugin_types.FailureKind_InvalidResponse {
		host.ended = "invalid-response: " + why.Message
	}
	return documents, err
}

func filled(template string, variables []Text) string {
	for _, variable := range variables {
		template = strings.ReplaceAll(template, "{{ "+variable.Name+" }}", variable.Value)
	}
	return template
}
