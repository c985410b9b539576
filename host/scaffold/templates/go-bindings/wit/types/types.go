// Package wit_types has what the contract's types are made of: what may be there, and what may fail.
package wit_types

const (
	OptionNone = 0
	OptionSome = 1

	ResultOk  = 0
	ResultErr = 1
)

// Option is a value, or none.
type Option[T any] struct {
	tag   uint8
	value T
}

func None[T any]() Option[T] {
	return Option[T]{}
}

func Some[T any](value T) Option[T] {
	return Option[T]{OptionSome, value}
}

func (self Option[T]) Tag() uint8   { return self.tag }
func (self Option[T]) IsNone() bool { return self.tag == OptionNone }
func (self Option[T]) IsSome() bool { return self.tag == OptionSome }

// Some is the value; it panics if there is none.
func (self Option[T]) Some() T {
	if self.tag != OptionSome {
		panic("there is no value")
	}
	return self.value
}

// SomeOr is the value, or another where there is none.
func (self Option[T]) SomeOr(other T) T {
	if self.tag != OptionSome {
		return other
	}
	return self.value
}

// Result is a value, or an error.
type Result[T any, U any] struct {
	tag uint8
	ok  T
	err U
}

func Ok[T any, U any](value T) Result[T, U] {
	return Result[T, U]{tag: ResultOk, ok: value}
}

func Err[T any, U any](err U) Result[T, U] {
	return Result[T, U]{tag: ResultErr, err: err}
}

func (self Result[T, U]) Tag() uint8  { return self.tag }
func (self Result[T, U]) IsOk() bool  { return self.tag == ResultOk }
func (self Result[T, U]) IsErr() bool { return self.tag == ResultErr }

// Ok is the value; it panics if there is an error.
func (self Result[T, U]) Ok() T {
	if self.tag != ResultOk {
		panic("there is an error")
	}
	return self.ok
}

// Err is the error; it panics if there is none.
func (self Result[T, U]) Err() U {
	if self.tag != ResultErr {
		panic("there is no error")
	}
	return self.err
}

// Unit is the value of what gives none.
type Unit struct{}
