package cpu

import (
	"testing"

	"r2unet/internal/device"
	"r2unet/internal/device/planning"
)

// TestPlanningSplitsMapsAsTheDeviceDoes, or the memory of a network would be estimated wrong.
func TestPlanningSplitsMapsAsTheDeviceDoes(t *testing.T) {
	dev, err := New(1)
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	got, want := planning.Like(dev).Parts(), dev.(device.Splitter).Parts()
	if got != want {
		t.Errorf("plans have parts of %d channels, the device has %d", got, want)
	}
}
