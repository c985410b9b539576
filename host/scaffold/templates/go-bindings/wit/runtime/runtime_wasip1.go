package runtime

import "unsafe"

// sbrk takes memory from the system, in pages, which Go's own heap then steps over. It is Go's, and of no promised name: hence the linker's
// flag `-checklinkname=0`.
//
//go:linkname sbrk runtime.sbrk
func sbrk(bytes uintptr) unsafe.Pointer

const page = 1 << 16

// The chunks of an arena are filled one after the other.
type arena struct {
	chunks [64]struct{ start, size uintptr }
	// How many chunks there are, which is filled, and how far.
	known, at int
	used      uintptr
	// Whether what lies there is to stay.
	settled bool
}

var handedOver arena

// What was taken until now is the adapter's, which keeps it.
func init() {
	handedOver = arena{settled: true}
}

func (a *arena) reset() {
	a.at, a.used = 0, 0
}

// take never allocates memory of Go's, and calls nothing of the host's.
func (a *arena) take(size, align uintptr) uintptr {
	for ; a.at < a.known; a.at, a.used = a.at+1, 0 {
		chunk := &a.chunks[a.at]
		begin := (chunk.start + a.used + align - 1) &^ (align - 1)
		if begin+size <= chunk.start+chunk.size {
			a.used = begin + size - chunk.start
			return begin
		}
	}
	// Each is larger than all before, so that there are never many.
	bytes := size + align + page
	for _, chunk := range a.chunks[:a.known] {
		bytes = max(bytes, 2*chunk.size)
	}
	if !a.settled {
		bytes = size + align
	}
	bytes = (bytes + page - 1) &^ (page - 1)
	start := uintptr(sbrk(bytes))
	if start == 0 || a.known == len(a.chunks) {
		panic("there is no memory left")
	}
	a.chunks[a.known] = struct{ start, size uintptr }{start, bytes}
	a.known++
	return a.take(size, align)
}

//go:wasmexport cabi_realloc
func realloc(old unsafe.Pointer, oldSize, align, size uintptr) unsafe.Pointer {
	if handedOver.settled && calls == 0 {
		called = true
	}
	start := handedOver.take(size, align)
	if old != nil {
		// The host grows a text that it recodes.
		copy(unsafe.Slice((*byte)(unsafe.Pointer(start)), size), unsafe.Slice((*byte)(old), min(oldSize, size)))
	}
	return unsafe.Pointer(start)
}
