package main

import (
	_ "bindings/exports/wit_exports"

	"example.com/PLUGIN_NAME/stepwell"
)

func init() {
	stepwell.Export(releaseNotes{})
}

// The host calls the step, not this.
func main() {}
