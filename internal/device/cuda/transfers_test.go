//go:build !race

package cuda

import (
	"context"
	"fmt"
	"testing"

	"r2unet/internal/calls"
	"r2unet/internal/device"
	"r2unet/internal/device/cuda/sim"
)

// forgetful is a driver that omits one kind of wait.
type forgetful struct {
	*sim.Driver
	follow, await bool
}

func (f forgetful) Follow(event uint64) error {
	if f.follow {
		return nil
	}
	return f.Driver.Follow(event)
}

func (f forgetful) Await(event uint64) error {
	if f.await {
		return nil
	}
	return f.Driver.Await(event)
}

// sumOfBatches adds batch after batch to a sum without waiting in between, posts it after each and compares the
// posts.
func sumOfBatches(driver Driver, batches int) error {
	dev, err := New(driver, Options{})
	if err != nil {
		return err
	}
	defer dev.Close()
	shape := []int{1, 1, 2, 4}
	var tensors [2]*device.Tensor
	for i := range tensors {
		b, err := dev.Alloc(shape, device.Features)
		if err != nil {
			return err
		}
		tensors[i] = &device.Tensor{Name: "operand", Shape: shape, Kind: device.Features, Buffer: b}
	}
	batch, sum := tensors[0], tensors[1]
	program, err := dev.Compile(&device.Plan{Calls: []device.Call{&calls.Add{A: batch, B: sum, Y: sum}}})
	if err != nil {
		return err
	}
	var got [][]float32
	values := make([]float32, 8)
	for i := range batches {
		for j := range values {
			values[j] = float32(i * j)
		}
		if err := dev.Write(batch.Buffer, values); err != nil {
			return err
		}
		clear(values) // the caller may reuse them
		if err := program.Run(context.Background()); err != nil {
			return err
		}
		if err := dev.Post(sum.Buffer); err != nil {
			return err
		}
		posted, err := dev.Posted(i%50 == 0)
		if err != nil {
			return err
		}
		got = append(got, posted...)
	}
	posted, err := dev.Posted(true)
	if err != nil {
		return err
	}
	if got = append(got, posted...); len(got) != batches {
		return fmt.Errorf("%d posts came back, want %d", len(got), batches)
	}
	for i, values := range got {
		for j, v := range values {
			if want := float32(i * (i + 1) / 2 * j); v != want {
				return fmt.Errorf("after batch %d element %d is %v, want %v", i, j, v, want)
			}
		}
	}
	return nil
}

func TestBatchesAndPostsKeepTheirOrderWithoutWaits(t *testing.T) {
	if err := sumOfBatches(sim.New(sim.Options{}), 200); err != nil {
		t.Error(err)
	}
}

func TestEachWaitIsNeeded(t *testing.T) {
	for name, driver := range map[string]forgetful{"follow": {follow: true}, "await": {await: true}} {
		driver.Driver = sim.New(sim.Options{})
		if sumOfBatches(driver, 200) == nil {
			t.Errorf("without %s the sums are right", name)
		}
	}
}

func TestStepsTakeNoMemoryAfterOneRoundOfSlots(t *testing.T) {
	dev, driver := simulated(t, Options{}, sim.Options{})
	b, err := dev.Alloc([]int{5000}, device.Plain)
	if err != nil {
		t.Fatal(err)
	}
	small, err := dev.Alloc([]int{2}, device.Plain)
	if err != nil {
		t.Fatal(err)
	}
	round := func() {
		for range len(dev.transfers.slots) {
			for _, err := range []error{
				dev.Write(small, []float32{1, 2}), dev.Write(b, make([]float32, 5000)),
				dev.Read(make([]float32, 2), small),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	round()
	allocations, pinned := driver.Allocations(), driver.Pinned
	round()
	if more := driver.Allocations() - allocations; more != 0 || driver.Pinned != pinned {
		t.Errorf("%d allocations on the device and %d pieces of pinned memory more", more, driver.Pinned-pinned)
	}
	if want := len(dev.transfers.slots) + 2; pinned != want { // slots, reads, posts
		t.Errorf("%d pieces of pinned memory, want %d", pinned, want)
	}
}

func TestWritesLargerThanASlotArriveWhole(t *testing.T) {
	dev, _ := simulated(t, Options{}, sim.Options{})
	values := make([]float32, slotWords+3)
	for i := range values {
		values[i] = float32(i)
	}
	b, err := dev.Alloc([]int{len(values)}, device.Plain)
	if err != nil {
		t.Fatal(err)
	}
	if err := dev.Write(b, values); err != nil {
		t.Fatal(err)
	}
	got := make([]float32, len(values))
	if err := dev.Read(got, b); err != nil {
		t.Fatal(err)
	}
	for i, v := range got {
		if v != values[i] {
			t.Fatalf("element %d is %v", i, v)
		}
	}
}

func TestPostsAreSmall(t *testing.T) {
	dev, _ := simulated(t, Options{}, sim.Options{})
	b, err := dev.Alloc([]int{postWords + 1}, device.Plain)
	if err != nil {
		t.Fatal(err)
	}
	if dev.Post(b) == nil {
		t.Error("posted more than fits")
	}
}
