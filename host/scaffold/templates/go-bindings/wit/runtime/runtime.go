// Package runtime passes memory between the host and Go.
//
// What the host hands over is laid into memory that the garbage collector doesn't know, and copied out of there. Memory of Go's own
// would not do: taking it can begin a collection, which looks at the clock, and while the host writes no call of the host is allowed.
package runtime

import (
	"runtime"
	"slices"
	"strings"
	"unsafe"
)

// Allocate is memory of Go's that the host reads or writes.
func Allocate(pinner *runtime.Pinner, size, align uintptr) unsafe.Pointer {
	if size == 0 {
		return nil
	}
	// Words, since they are aligned as much as anything is.
	pointer := unsafe.Pointer(unsafe.SliceData(make([]uint64, (size+7)/8)))
	pinner.Pin(pointer)
	return pointer
}

// String is a copy of a text that the host has handed over.
func String(data *uint8, length uint32) string {
	return strings.Clone(unsafe.String(data, length))
}

// Slice is a copy of a list that the host has handed over.
func Slice[T any](data *T, length uint32) []T {
	return slices.Clone(unsafe.Slice(data, length))
}

// How many calls of the host are under way or not yet copied: goroutines may take turns at that.
var calls int

// Whether arguments of ours lie there that aren't copied yet.
var called bool

// Begin comes before a call of the host, and End when its result was copied.
func Begin() {
	calls++
}

func End() {
	calls--
	release()
}

// Unpin comes when the arguments of an exported function were copied.
func Unpin() {
	called = false
	release()
}

func release() {
	if calls == 0 && !called {
		handedOver.reset()
	}
}
