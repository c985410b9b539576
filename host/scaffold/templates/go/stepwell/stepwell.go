// Package stepwell is what this step wants of the contract, in a shorter form than that of its bindings. All else is in
// `bindings/imports`, such as `bindings/imports/stepwell_plugin_workspace`.
package stepwell

import (
	"errors"
	"strings"

	"bindings/exports/export_stepwell_plugin_guest"
	"bindings/imports/stepwell_plugin_chat"
	"bindings/imports/stepwell_plugin_context"
	"bindings/imports/stepwell_plugin_prompts"
	"bindings/imports/stepwell_plugin_types"
	"bindings/wit/types"
)

// What passes between the host and a step.
type (
	Text        = stepwell_plugin_types.Text
	Field       = stepwell_plugin_types.Field
	Prompt      = stepwell_plugin_types.Prompt
	Description = stepwell_plugin_types.Description
)

// Step is what a plugin has to be. An error that is no Failure ends the step as one of the code `error`.
type Step interface {
	// Describe calls no function of the host.
	Describe() Description
	// ConstructPrompt fills the first prompt that Execute would send; nil where the step asks no model.
	ConstructPrompt(inputs []Text) (*string, error)
	// ProcessResponse calls no function of the host, so that a stored answer can be parsed again.
	ProcessResponse(inputs []Text, response string) ([]Text, error)
	Execute(inputs []Text) ([]Text, error)
}

// Failure is why a step gives up.
type Failure struct {
	stepwell_plugin_types.Failure
}

func (why *Failure) Error() string {
	return why.Message
}

// InvalidResponse says that the model's answer doesn't hold what the step needs: the host asks for it again.
func InvalidResponse(message string) error {
	kind := stepwell_plugin_types.MakeFailureKindInvalidResponse()
	return &Failure{stepwell_plugin_types.Failure{Kind: kind, Message: message, Retryable: true}}
}

// Failed gives up with a code of the step's own.
func Failed(code, message string) error {
	kind := stepwell_plugin_types.MakeFailureKindOther(code)
	return &Failure{stepwell_plugin_types.Failure{Kind: kind, Message: message}}
}

// What the step calls of the host. Tests have a FakeHost in its place.
var (
	render      = stepwell_plugin_prompts.Render
	complete    = stepwell_plugin_chat.Complete
	previousEnd = stepwell_plugin_context.PreviousEnd
)

// Fill fills the version of a prompt that this execution uses, with the inputs as its variables.
func Fill(prompt string, inputs []Text) (string, error) {
	filled := render(prompt, inputs)
	if filled.IsErr() {
		return "", Failed("prompt", filled.Err().Message)
	}
	return filled.Ok(), nil
}

// Ask asks the step's model one question. After an answer that couldn't be used the model is told why.
func Ask(prompt string) (string, error) {
	part := stepwell_plugin_chat.MakePartText(remarked(prompt))
	message := stepwell_plugin_chat.Message{Role: stepwell_plugin_chat.Role_User, Parts: []stepwell_plugin_chat.Part{part}}
	answered := complete(stepwell_plugin_chat.Request{
		Messages:   []stepwell_plugin_chat.Message{message},
		ToolChoice: stepwell_plugin_chat.MakeToolChoiceAuto(),
	})
	if answered.IsErr() {
		// The host has retried what is worth retrying.
		return "", Failed("chat", answered.Err().Message)
	}
	answer := answered.Ok()
	switch answer.FinishReason.Tag() {
	case stepwell_plugin_chat.FinishReason_Stop, stepwell_plugin_chat.FinishReason_ToolCalls:
		return answer.Text, nil
	case stepwell_plugin_chat.FinishReason_ContentFilter:
		return "", Failed("content-filtered", "the model, or its provider's filter, refused to answer")
	case stepwell_plugin_chat.FinishReason_Length:
		return "", InvalidResponse("the answer was cut off at the most output tokens: be briefer")
	default:
		return "", InvalidResponse("the answer ended with a reason of its provider's own: nobody knows whether that is its whole")
	}
}

// The prompt, with what was wrong with the answer before. What to do better is the step's to say; the host only asks again.
func remarked(prompt string) string {
	before := previousEnd().SomeOr("")
	if !strings.HasPrefix(before, "invalid-response") {
		return prompt
	}
	return prompt + "\n\nYour last answer could not be used: " + before
}

// Export makes a step the one that the component exports; `main` does it, in `init`.
func Export(step Step) {
	export_stepwell_plugin_guest.Exported = exported{step}
}

type exported struct {
	Step
}

func (it exported) ConstructPrompt(inputs []Text) wit_types.Result[wit_types.Option[string], stepwell_plugin_types.Failure] {
	prompt, err := it.Step.ConstructPrompt(inputs)
	if prompt == nil {
		return result(wit_types.None[string](), err)
	}
	return result(wit_types.Some(*prompt), err)
}

func (it exported) ProcessResponse(inputs []Text, response string) wit_types.Result[[]Text, stepwell_plugin_types.Failure] {
	return result(it.Step.ProcessResponse(inputs, response))
}

func (it exported) Execute(inputs []Text) wit_types.Result[[]Text, stepwell_plugin_types.Failure] {
	return result(it.Step.Execute(inputs))
}

func result[T any](value T, err error) wit_types.Result[T, stepwell_plugin_types.Failure] {
	if err == nil {
		return wit_types.Ok[T, stepwell_plugin_types.Failure](value)
	}
	var why *Failure
	if !errors.As(err, &why) {
		errors.As(Failed("error", err.Error()), &why)
	}
	return wit_types.Err[T](why.Failure)
}
