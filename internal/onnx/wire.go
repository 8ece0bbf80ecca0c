package onnx

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// message is the content of a protobuf message. Its methods append one field; in the order of their numbers, the bytes
// are those that ONNX's own library writes.
type message []byte

func (m *message) integer(field protowire.Number, v int64) {
	*m = protowire.AppendVarint(protowire.AppendTag(*m, field, protowire.VarintType), uint64(v))
}

func (m *message) float(field protowire.Number, v float32) {
	*m = protowire.AppendFixed32(protowire.AppendTag(*m, field, protowire.Fixed32Type), math.Float32bits(v))
}

func (m *message) bytes(field protowire.Number, v []byte) {
	*m = protowire.AppendBytes(protowire.AppendTag(*m, field, protowire.BytesType), v)
}

// text appends a text unless it is empty.
func (m *message) text(field protowire.Number, v string) {
	if v != "" {
		m.bytes(field, []byte(v))
	}
}

// texts appends a repeated field, whose empty elements count.
func (m *message) texts(field protowire.Number, values []string) {
	for _, v := range values {
		m.bytes(field, []byte(v))
	}
}

// integers appends a repeated field.
func (m *message) integers(field protowire.Number, values []int64) {
	for _, v := range values {
		m.integer(field, v)
	}
}
