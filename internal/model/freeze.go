package model

import (
	"fmt"
	"slices"
	"strings"

	"r2unet/internal/device"
	"r2unet/layers"
)

// FreezeEncoder is the value of Config.Freeze for which the encoder, down to the deepest level, keeps its weights and
// running statistics.
const FreezeEncoder = "encoder"

// frozen returns the prefix of the names of frozen layers; "" if none are.
func (c Config) frozen() string {
	if c.Freeze == "" {
		return ""
	}
	return c.Freeze + "."
}

// trainable returns the parameters that training changes. The frozen ones come before them.
func (m *Model) trainable() []layers.Param {
	prefix := m.config.frozen()
	if prefix == "" {
		return m.params.Trainable
	}
	first := slices.IndexFunc(m.params.Trainable, func(p layers.Param) bool { return !strings.HasPrefix(p.Name, prefix) })
	return m.params.Trainable[max(0, first):]
}

// checkFreeze returns an error unless the frozen parameters are the first ones, and not all.
func (m *Model) checkFreeze() error {
	if m.config.Freeze != "" && m.config.Freeze != FreezeEncoder {
		return fmt.Errorf("freeze = %q: expected %q", m.config.Freeze, FreezeEncoder)
	}
	prefix := m.config.frozen()
	for _, p := range m.trainable() {
		if prefix != "" && strings.HasPrefix(p.Name, prefix) {
			return fmt.Errorf("freeze = %q: parameter %s is declared after others that train", m.config.Freeze, p.Name)
		}
	}
	return nil
}

// changing returns the part of a flat vector of parameters that training changes.
func (m *Model) changing(vector *device.Tensor) *device.Tensor {
	first := m.trainable()[0].Offset
	if first == 0 {
		return vector
	}
	return &device.Tensor{
		Name: vector.Name, Shape: []int{vector.Shape[0] - first}, Kind: vector.Kind, Parent: vector, Start: first,
	}
}
