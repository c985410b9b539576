// Package export_stepwell_plugin_guest has the functions that the component exports. Each is that of the step which `main` sets.
package export_stepwell_plugin_guest

import (
	. "bindings/imports/stepwell_plugin_types"
	. "bindings/wit/types"
)

// Guest is what a step exports, as the contract has it.
type Guest interface {
	Describe() Description
	ConstructPrompt(inputs []Text) Result[Option[string], Failure]
	ProcessResponse(inputs []Text, response string) Result[[]Text, Failure]
	Execute(inputs []Text) Result[[]Text, Failure]
}

// Exported is the step, set before the first call.
var Exported Guest

func Describe() Description {
	return Exported.Describe()
}

func ConstructPrompt(inputs []Text) Result[Option[string], Failure] {
	return Exported.ConstructPrompt(inputs)
}

func ProcessResponse(inputs []Text, response string) Result[[]Text, Failure] {
	return Exported.ProcessResponse(inputs, response)
}

func Execute(inputs []Text) Result[[]Text, Failure] {
	return Exported.Execute(inputs)
}
