// Package tensorboard writes the history of runs as event files, which TensorBoard shows as curves, with pictures.
package tensorboard

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"r2unet/evaluate/archive"
)

// FileName is the name of a run's event file, which TensorBoard knows by its beginning. It is always the same, so that
// writing a run again replaces the file instead of adding one.
const FileName = "events.out.tfevents.0.r2unet"

// Write writes the event file of a run: a scalar for each column of each epoch, with the epoch as the step, under
// "train/loss", "validation/dice" and so on; and each measure of a finished run under "test/inside_micro_auc", as in
// summary.csv, and pictures, with the last epoch as the step. The same record gives the same bytes.
func Write(w io.Writer, r *archive.Run, pictures []Picture) error {
	events := []event{{wall: r.Started, version: "brain.Event:2"}}
	last, epochs := r.Started, len(r.History)
	for i, e := range r.History {
		if !r.Started.IsZero() {
			last = r.Started.Add(r.Written.Sub(r.Started) * time.Duration(i+1) / time.Duration(epochs))
		}
		for name, v := range e.Columns() {
			events = append(events, event{wall: last, step: e.Epoch, tag: tag(name), value: v})
		}
	}
	for name, v := range archive.Measured(&r.Result) {
		events = append(events, event{wall: last, step: r.Result.Epochs, tag: "test/" + name, value: v})
	}
	for i := range pictures {
		events = append(events, event{wall: last, step: r.Result.Epochs, tag: pictures[i].Tag, picture: &pictures[i]})
	}
	for _, e := range events {
		if _, err := w.Write(frame(e.encode())); err != nil {
			return fmt.Errorf("write events of %s: %w", r.ID, err)
		}
	}
	return nil
}

// tag turns a column such as "train_loss" into "train/loss", so that TensorBoard groups the curves.
func tag(column string) string {
	for _, group := range []string{"train", "validation"} {
		if rest, ok := strings.CutPrefix(column, group+"_"); ok {
			return group + "/" + rest
		}
	}
	return "train/" + column
}

// event is the version of the format, which comes first, or one value or picture.
type event struct {
	wall    time.Time
	step    int
	version string
	tag     string
	value   float64
	picture *Picture
}

// encode returns the protobuf message tensorflow.Event.
func (e event) encode() []byte {
	seconds := 0.0
	if !e.wall.IsZero() {
		seconds = float64(e.wall.UnixMilli()) / 1000
	}
	m := protowire.AppendFixed64(protowire.AppendTag(nil, 1, protowire.Fixed64Type), math.Float64bits(seconds))
	m = protowire.AppendVarint(protowire.AppendTag(m, 2, protowire.VarintType), uint64(e.step))
	if e.version != "" {
		return protowire.AppendString(protowire.AppendTag(m, 3, protowire.BytesType), e.version)
	}
	value := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), e.tag)
	if p := e.picture; p != nil {
		value = protowire.AppendBytes(protowire.AppendTag(value, 4, protowire.BytesType), p.encode())
	} else {
		value = protowire.AppendFixed32(protowire.AppendTag(value, 2, protowire.Fixed32Type),
			math.Float32bits(float32(e.value)))
	}
	summary := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), value)
	return protowire.AppendBytes(protowire.AppendTag(m, 5, protowire.BytesType), summary)
}

// encode returns the protobuf message tensorflow.Summary.Image.
func (p *Picture) encode() []byte {
	var m []byte
	for field, v := range []int{p.Height, p.Width, p.Channels} {
		m = protowire.AppendTag(m, protowire.Number(field+1), protowire.VarintType)
		m = protowire.AppendVarint(m, uint64(v))
	}
	return protowire.AppendBytes(protowire.AppendTag(m, 4, protowire.BytesType), p.PNG)
}

// frame returns a record of the file: length, its checksum, content, its checksum.
func frame(content []byte) []byte {
	length := binary.LittleEndian.AppendUint64(nil, uint64(len(content)))
	out := binary.LittleEndian.AppendUint32(slices.Clone(length), masked(length))
	return binary.LittleEndian.AppendUint32(append(out, content...), masked(content))
}

// masked is TFRecord's checksum: CRC-32C, rotated and shifted so that a checksum of data with checksums in it differs.
func masked(data []byte) uint32 {
	crc := crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
	return (crc>>15 | crc<<17) + 0xa282ead8
}
