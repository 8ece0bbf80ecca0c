package tensorboard

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

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
// is unmasked, compared, and that of the first record is TensorFlow's own of "brain.Event:2" at time 0.
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
