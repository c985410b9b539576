// Writes release notes from a list of changes.
package main

import (
	"strings"

	"example.com/PLUGIN_NAME/stepwell"
)

const prompt = "Write release notes, as a list, for:\n{{ changes }}"

type releaseNotes struct{}

func (releaseNotes) Describe() stepwell.Description {
	return stepwell.Description{
		Name:      "PLUGIN_NAME",
		Version:   "0.1.0",
		Summary:   "Writes release notes.",
		Inputs:    []stepwell.Field{{Name: "changes", Description: "What changed, a line each", Required: true}},
		Documents: []stepwell.Field{{Name: "notes", Description: "The release notes, a list", Required: true}},
		Prompts: []stepwell.Prompt{{
			Name:      "PLUGIN_NAME",
			Intrinsic: prompt,
			Variables: []stepwell.Field{{Name: "changes", Description: "What changed", Required: true}},
		}},
	}
}

func (releaseNotes) ConstructPrompt(inputs []stepwell.Text) (*string, error) {
	filled, err := stepwell.Fill("PLUGIN_NAME", inputs)
	return &filled, err
}

func (releaseNotes) ProcessResponse(inputs []stepwell.Text, response string) ([]stepwell.Text, error) {
	var notes []string
	for line := range strings.Lines(response) {
		if strings.HasPrefix(line, "- ") {
			notes = append(notes, strings.TrimSuffix(line, "\n"))
		}
	}
	if len(notes) == 0 {
		return nil, stepwell.InvalidResponse("it holds no list")
	}
	return []stepwell.Text{{Name: "notes", Value: strings.Join(notes, "\n")}}, nil
}

func (step releaseNotes) Execute(inputs []stepwell.Text) ([]stepwell.Text, error) {
	filled, err := stepwell.Fill("PLUGIN_NAME", inputs)
	if err != nil {
		return nil, err
	}
	answer, err := stepwell.Ask(filled)
	if err != nil {
		return nil, err
	}
	return step.ProcessResponse(inputs, answer)
}
