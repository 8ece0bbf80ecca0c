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
func (m *Model) trainable() []layers.Param { return m.config.trainable(m.params) }

func (c Config) trainable(params *layers.Params) []layers.Param {
	prefix := c.frozen()
	if prefix == "" {
		return params.Trainable
	}
	first := slices.IndexFunc(params.Trainable, func(p layers.Param) bool { return !strings.HasPrefix(p.Name, prefix) })
	return params.Trainable[max(0, first):]
}

// checkFreeze returns an error unless the frozen parameters are the first ones, and neither all nor none.
func (c Config) checkFreeze(params *layers.Params) error {
	if c.Freeze == "" {
		return nil
	}
	if c.Freeze != FreezeEncoder {
		return fmt.Errorf("freeze = %q: expected %q", c.Freeze, FreezeEncoder)
	}
	rest := c.trainable(params)
	if len(rest) == len(params.Trainable) {
		return fmt.Errorf("freeze = %q: %s has no parameters of this name that come first", c.Freeze, c.Arch.Name)
	}
	for _, p := range rest {
		if strings.HasPrefix(p.Name, c.frozen()) {
			return fmt.Errorf("freeze = %q: parameter %s of %s comes after others that train",
				c.Freeze, p.Name, c.Arch.Name)
		}
	}
	return nil
}

// changing returns the part of a flat vector of parameters that training changes.
func (m *Model) changing(vector *device.Tensor) *device.Tensor {
	if m.config.Freeze == "" {
		return vector
	}
	first := m.trainable()[0].Offset
	if first == 0 {
		return vector
	}
	return &device.Tensor{
		Name: vector.Name, Shape: []int{vector.Shape[0] - first}, Kind: vector.Kind, Parent: vector, Start: first,
	}
}
