//go:build !wasip1

package runtime

// Tests run without a host.
var handedOver nothing

type nothing struct{}

func (nothing) reset() {}
