package main

import (
	"fmt"
	"io"
	"log/slog"
)

const hidden = "[secret]"

// Secret is a configured value that no printing, logging or encoding shows. Reveal is the only way to it.
type Secret struct{ value string }

// Reveal returns the value. The caller hands it on to what needs it and nowhere else.
func (s Secret) Reveal() string { return s.value }

// IsSet tells whether there is a value.
func (s Secret) IsSet() bool { return s.value != "" }

func (s Secret) String() string   { return hidden }
func (s Secret) GoString() string { return hidden }

// Format covers the verbs that pass String by: %d, %x and %+v of a struct around it.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

func (s Secret) LogValue() slog.Value         { return slog.StringValue(hidden) }
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }
func (s Secret) MarshalYAML() (any, error)    { return hidden, nil }
