package cli

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestDeafWorkIsLeftWhenTheContextEnds(t *testing.T) {
	deaf := make(chan struct{})
	defer close(deaf)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	begun := time.Now()
	err := UnlessStopped(ctx, func(context.Context) error { <-deaf; return nil })
	if took := time.Since(begun); !errors.Is(err, ErrInterrupted) || took > 5*time.Second {
		t.Errorf("%v after %v", err, took)
	}
	want := errors.New("done")
	if err := UnlessStopped(t.Context(), func(context.Context) error { return want }); err != want {
		t.Errorf("got %v", err)
	}
}
