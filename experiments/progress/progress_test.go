package progress

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestLinesSayWhereARunIs(t *testing.T) {
	var out bytes.Buffer
	r := New(&out, 0)
	r.Begin(2, 5, "DRIVE (phantom) U-Net")
	r.Update(Update{
		Phase: Train, Epoch: 1, Epochs: 3, Step: 4, Steps: 10, Loss: 0.25, SamplesPerSecond: 151.6,
		RunLeft: 61 * time.Second, SweepLeft: -1,
	})
	r.Update(Update{Phase: Test, Step: 1, Steps: 2, RunLeft: time.Second, SweepLeft: time.Minute})
	r.Note("warning: disk nearly full")
	r.End("DRIVE (phantom) U-Net: done")
	r.Close()
	want := `[2/5] DRIVE (phantom) U-Net
[2/5] DRIVE (phantom) U-Net: epoch 1/3 step 4/10 loss 0.2500 152 samples/s, 1m1s left; sweep: time left unknown
[2/5] DRIVE (phantom) U-Net: testing image 1/2, 1s left; sweep: 1m0s left
warning: disk nearly full
[2/5] DRIVE (phantom) U-Net: done
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestLinesAreRare(t *testing.T) {
	var out bytes.Buffer
	r := New(&out, time.Hour)
	r.Begin(1, 1, "run")
	for range 100 {
		r.Update(Update{Phase: Train})
	}
	if n := strings.Count(out.String(), "\n"); n != 1 {
		t.Errorf("%d lines; want the first only", n)
	}
}

// TestBarsEndWithoutWaiting: mpb waits for bars that are neither complete nor aborted.
func TestBarsEndWithoutWaiting(t *testing.T) {
	var out bytes.Buffer
	done := make(chan struct{})
	go func() {
		defer close(done)
		r := newBars(&out)
		r.Begin(1, 2, "first")
		r.Update(Update{Phase: Train, Fraction: 1})
		r.End("first: done")
		r.Begin(2, 2, "second")
		r.Update(Update{Phase: Test, Fraction: 0.5})
		r.Close()
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("the bars are still waited for")
	}
	if !strings.Contains(out.String(), "first: done") {
		t.Errorf("got %q", out.String())
	}
}

// TestBarsAreGoneOnceASweepIsAskedToStop: what comes after are plain lines, so that a second signal leaves no bar half
// drawn.
func TestBarsAreGoneOnceASweepIsAskedToStop(t *testing.T) {
	var out bytes.Buffer
	r := newBars(&out)
	r.Begin(1, 2, "first")
	r.Update(Update{Phase: Train, Fraction: 0.5})
	r.Stopping()
	before := out.Len()
	r.Update(Update{Phase: Train, Fraction: 0.6})
	r.Note("warning: slow disk")
	r.End("first: saved, to be continued")
	r.Begin(2, 2, "second")
	r.Close()
	if after := out.String()[before:]; after != "warning: slow disk\nfirst: saved, to be continued\n" {
		t.Errorf("after %q\ncame %q", out.String()[:before], after)
	}
	if !strings.HasSuffix(out.String()[:before], stopping+"\n") {
		t.Errorf("got %q", out.String()[:before])
	}
}

func TestEstimate(t *testing.T) {
	var e Estimate
	e.Plan(100)
	if e.Left() >= 0 {
		t.Error("time left is known before any work")
	}
	e.Done(20, 10*time.Second)
	e.Drop(40)
	if got := e.Left(); got != 20*time.Second {
		t.Errorf("%v left; want 20s", got)
	}
}
