package tensorboard

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"r2unet/evaluate/archive"
	"r2unet/internal/torchtest"
)

// reference returns the first run of the committed results.
func reference(t *testing.T) *archive.Run {
	t.Helper()
	s, err := archive.Open("../../results/reference/quick")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s.Runs[0]
}

func TestTensorBoardReadsTheSameNumbers(t *testing.T) {
	r, folder := reference(t), t.TempDir()
	var file bytes.Buffer
	if err := Write(&file, r); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, FileName), file.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	var read map[string][][2]float64
	torchtest.Python{
		Variable: "R2UNET_ONNX_PYTHON", Modules: "tensorboard.backend.event_processing.event_accumulator",
	}.Run(t, "testdata/read.py", &read, folder)
	values := 0
	for i, e := range r.History {
		for name, v := range e.Columns() {
			points := read[tag(name)]
			values++
			if len(points) != len(r.History) || points[i] != [2]float64{float64(e.Epoch), float64(float32(v))} {
				t.Errorf("%s of epoch %d is %g, TensorBoard has %v", tag(name), e.Epoch, v, points)
			}
		}
	}
	for name, v := range archive.Measured(&r.Result) {
		values++
		if points := read["test/"+name]; len(points) != 1 || points[0][1] != float64(float32(v)) {
			t.Errorf("%s is %g, TensorBoard has %v", name, v, points)
		}
	}
	if values < 30 || len(read) < 30 {
		t.Errorf("%d values, %d tags", values, len(read))
	}
}

// TestRecordsHaveTheChecksumsOfTensorFlow reads the frames with the formula of TensorFlow's record_writer: a checksum
// is unmasked and compared.
func TestRecordsHaveTheChecksumsOfTensorFlow(t *testing.T) {
	var file bytes.Buffer
	if err := Write(&file, reference(t)); err != nil {
		t.Fatal(err)
	}
	unmask := func(v uint32) uint32 {
		v -= 0xa282ead8
		return v>>17 | v<<15
	}
	table := crc32.MakeTable(crc32.Castagnoli)
	records := 0
	for data := file.Bytes(); len(data) > 0; records++ {
		length := binary.LittleEndian.Uint64(data)
		content := data[12 : 12+length]
		for _, part := range [][2][]byte{{data[:8], data[8:12]}, {content, data[12+length:]}} {
			if got := unmask(binary.LittleEndian.Uint32(part[1])); got != crc32.Checksum(part[0], table) {
				t.Fatalf("record %d: checksum %#x", records, got)
			}
		}
		data = data[16+length:]
	}
	if records < 30 {
		t.Errorf("%d records", records)
	}
}

// fields returns the last value of each field of a protobuf message, numbers as their bits.
func fields(t *testing.T, message []byte) (numbers map[protowire.Number]uint64, parts map[protowire.Number][]byte) {
	t.Helper()
	numbers, parts = map[protowire.Number]uint64{}, map[protowire.Number][]byte{}
	for len(message) > 0 {
		field, kind, n := protowire.ConsumeTag(message)
		message = message[max(0, n):]
		switch kind {
		case protowire.VarintType:
			numbers[field], n = protowire.ConsumeVarint(message)
		case protowire.Fixed64Type:
			numbers[field], n = protowire.ConsumeFixed64(message)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(message)
			numbers[field] = uint64(v)
		case protowire.BytesType:
			parts[field], n = protowire.ConsumeBytes(message)
		default:
			t.Fatalf("field %d is of kind %d", field, kind)
		}
		if n < 0 {
			t.Fatalf("field %d: %v", field, protowire.ParseError(n))
		}
		message = message[n:]
	}
	return numbers, parts
}

// TestEventsHaveTheFieldsOfTensorFlow reads tensorflow.Event by its field numbers, without TensorBoard: wall_time 1,
// step 2, file_version 3 and summary 5, which has a value 1 of tag 1 and simple_value 2.
func TestEventsHaveTheFieldsOfTensorFlow(t *testing.T) {
	r := reference(t)
	var file bytes.Buffer
	if err := Write(&file, r); err != nil {
		t.Fatal(err)
	}
	type point struct {
		tag  string
		step int
	}
	found := map[point]float64{}
	var last float64
	first := true
	for data := file.Bytes(); len(data) > 0; first = false {
		length := binary.LittleEndian.Uint64(data)
		numbers, parts := fields(t, data[12:12+length])
		data = data[16+length:]
		wall := math.Float64frombits(numbers[1])
		if first {
			if string(parts[3]) != "brain.Event:2" || wall != seconds(r.Started) {
				t.Errorf("the first record is %v, %q", numbers, parts)
			}
			continue
		}
		_, summary := fields(t, parts[5])
		value, tag := fields(t, summary[1])
		last = wall
		at := point{string(tag[1]), int(numbers[2])}
		if _, twice := found[at]; twice || wall <= seconds(r.Started) {
			t.Errorf("%v at %v, begun at %v; or it is there twice", at, wall, seconds(r.Started))
		}
		found[at] = float64(math.Float32frombits(uint32(value[2])))
	}
	if last != seconds(r.Written) {
		t.Errorf("the last event is at %v, the record was written at %v", last, seconds(r.Written))
	}
	want := map[point]float64{}
	for _, e := range r.History {
		for name, v := range e.Columns() {
			want[point{tag(name), e.Epoch}] = float64(float32(v))
		}
	}
	for name, v := range archive.Measured(&r.Result) {
		want[point{"test/" + name, r.Result.Epochs}] = float64(float32(v))
	}
	for at, v := range want {
		if got, ok := found[at]; !ok || got != v {
			t.Errorf("%v is %v, want %v", at, got, v)
		}
	}
	if len(found) != len(want) || len(want) < 30 {
		t.Errorf("%d values, want %d", len(found), len(want))
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func TestTagsAreGroupedByWhatTheyAreOf(t *testing.T) {
	for column, want := range map[string]string{
		"train_loss": "train/loss", "validation_dice": "validation/dice", "learning_rate": "train/learning_rate",
	} {
		if got := tag(column); got != want {
			t.Errorf("%s is %s, want %s", column, got, want)
		}
	}
}
