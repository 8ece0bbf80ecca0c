package claim

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"r2unet/internal/durable"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// put writes a claim as another process would, last changed so long ago.
func put(t *testing.T, dir string, n int, c Claim, age time.Duration) {
	t.Helper()
	f, err := os.Create(file(dir, n))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(write(f, c), f.Close()); err != nil {
		t.Fatal(err)
	}
	then := time.Now().Add(-age)
	if err := os.Chtimes(f.Name(), then, then); err != nil {
		t.Fatal(err)
	}
}

// stranger is a process on another machine.
func stranger() Owner {
	far := durable.Owner{Host: "far", PID: 7, Boot: "other", Space: "pid:[1]", Process: "ABCDEFGH"}
	return Owner{Owner: far, Since: time.Now()}
}

func TestOfManyAtOnceOneTakesTheClaim(t *testing.T) {
	for range 20 {
		dir := t.TempDir()
		var took atomic.Int32
		var all sync.WaitGroup
		var winner atomic.Pointer[Held]
		for range 20 {
			all.Go(func() {
				var held *HeldError
				h, err := Take(dir, time.Hour)
				switch {
				case err == nil:
					took.Add(1)
					winner.Store(h)
				case !errors.As(err, &held):
					t.Error(err)
				}
			})
		}
		all.Wait()
		if took.Load() != 1 {
			t.Fatalf("%d processes took the claim", took.Load())
		}
		if err := winner.Load().Finish(); err != nil {
			t.Fatal(err)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
			t.Fatalf("a finished run keeps %v", left)
		}
	}
}

func TestOfManyAtOnceOneTakesOverADeadClaim(t *testing.T) {
	for range 20 {
		dir := t.TempDir()
		put(t, dir, 3, Claim{Owner: stranger(), Every: 1}, time.Minute)
		var took atomic.Int32
		var winner atomic.Pointer[Held]
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if h, err := Take(dir, time.Hour); err == nil {
					took.Add(1)
					winner.Store(h)
				}
			})
		}
		all.Wait()
		if took.Load() != 1 {
			t.Fatalf("%d processes took the claim over", took.Load())
		}
		if h := winner.Load(); h.From == nil || h.From.Host != "far" || h.n != 4 {
			t.Errorf("took claim %d over from %+v", h.n, h.From)
		}
		if err := winner.Load().Finish(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhoMayTakeOver(t *testing.T) {
	dead := exec.Command(os.Args[0], "-test.run=^$")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	killed := self()
	killed.PID = dead.Process.Pid
	parent := self()
	parent.PID = os.Getppid()
	reborn := self() // a container's first process always has number 1
	reborn.Process = "ABCDEFGH"
	contained := killed // cannot be seen from here
	contained.Space = "pid:[1]"
	for name, c := range map[string]struct {
		claim Claim
		age   time.Duration
		free  bool
	}{
		"another machine's, beating":         {Claim{Owner: stranger(), Every: 10}, 80 * time.Second, false},
		"another machine's, silent":          {Claim{Owner: stranger(), Every: 10}, 100 * time.Second, true},
		"another machine's, slow":            {Claim{Owner: stranger(), Every: 20}, 100 * time.Second, false},
		"another machine's, ended":           {Claim{Owner: stranger(), Every: 10, Ended: "interrupted"}, 0, true},
		"another machine's, of no rhythm":    {Claim{Owner: stranger(), Every: 1e9}, 100 * time.Second, true},
		"without content, young":             {Claim{}, time.Second, false},
		"without content, old":               {Claim{}, 100 * time.Second, true},
		"a live process's of this machine":   {Claim{Owner: parent, Every: 10}, 0, false},
		"a killed process's of this machine": {Claim{Owner: killed, Every: 10}, 0, true},
		"a killed process's of a container":  {Claim{Owner: contained, Every: 10}, 0, false},
		"an earlier process's of our number": {Claim{Owner: reborn, Every: 10}, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, dir, 1, c.claim, c.age)
			state, found, err := Look(dir)
			if err != nil || !found || state.Live == c.free {
				t.Errorf("Look: found %v, live %v, %v", found, state.Live, err)
			}
			h, err := Take(dir, time.Hour)
			var held *HeldError
			if (err == nil) != c.free || err != nil && !errors.As(err, &held) {
				t.Fatal(err)
			}
			if h == nil {
				return
			}
			if (h.From == nil) != (c.claim.Ended != "") {
				t.Errorf("taken over from %v", h.From)
			}
			if err := h.Release("interrupted"); err != nil {
				t.Error(err)
			}
			if state, found, err := Look(dir); err != nil || !found || state.Live || state.Ended != "interrupted" {
				t.Errorf("released: %+v, %v, %v", state, found, err)
			}
		})
	}
}

func TestHeartbeatsKeepAClaim(t *testing.T) {
	dir := t.TempDir()
	h, err := Take(dir, 10*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	first, _, err := Look(dir)
	if err != nil {
		t.Fatal(err)
	}
	for range 500 {
		if now, _, _ := Look(dir); now.Beat.After(first.Beat) && now.Live {
			if err := h.Finish(); err != nil {
				t.Error(err)
			}
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("no heartbeat in 5 s")
}

// TestALostClaimWritesNothing: an owner that was suspended, or cut off from the file system, and comes back.
func TestALostClaimWritesNothing(t *testing.T) {
	dir := t.TempDir()
	h, err := Take(dir, 10*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	fsys := h.FS(durable.OS)
	path := filepath.Join(dir, "run.json")
	if err := durable.WriteBytes(fsys, path, []byte("mine")); err != nil {
		t.Fatal(err)
	}
	holding, letGo := h.Context(t.Context())
	defer letGo()
	put(t, dir, 2, Claim{Owner: stranger(), Every: 10}, 0)
	if err := durable.WriteBytes(fsys, path, []byte("mine again")); !errors.Is(err, ErrLost) {
		t.Errorf("error is %v", err)
	}
	if err := fsys.Remove(path); !errors.Is(err, ErrLost) {
		t.Errorf("error is %v", err)
	}
	select {
	case <-holding.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the work was not stopped")
	}
	if err := h.Release("interrupted"); !errors.Is(err, ErrLost) {
		t.Errorf("error is %v", err)
	}
	content, err := os.ReadFile(path)
	if err != nil || string(content) != "mine" {
		t.Errorf("%q, %v", content, err)
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
	if state, _, _ := Look(dir); state.Host != "far" || state.Ended != "" {
		t.Errorf("the new owner's claim is %+v", state)
	}
}

// TestALostClaimDoesNotComeBack even where the new owner is finished and has removed all claims.
func TestALostClaimDoesNotComeBack(t *testing.T) {
	dir := t.TempDir()
	h, err := Take(dir, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file(dir, 1)); err != nil {
		t.Fatal(err)
	}
	if err := h.rewrite(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a heartbeat: %v", err)
	}
	if err := h.Release("interrupted"); !errors.Is(err, ErrLost) {
		t.Errorf("release: %v", err)
	}
	if _, n, err := numbers(dir); err != nil || n != 0 {
		t.Errorf("claim %d is there, %v", n, err)
	}
}

// TestAFolderThatIsTakenAwayIsNotMadeAgain: whoever puts it back finds no half of one in its place, and the claim stays
// gone rather than taken over.
func TestAFolderThatIsTakenAwayIsNotMadeAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "results")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	h, err := Take(dir, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	fsys, inner := h.FS(durable.OS), filepath.Join(dir, "runs", "one")
	if err := fsys.MkdirAll(inner); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir, dir+"-moved"); err != nil {
		t.Fatal(err)
	}
	if err := fsys.MkdirAll(inner); !errors.Is(err, ErrGone) {
		t.Errorf("error is %v; want that the folder is gone", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is there again, %v", err)
	}
	if err := h.Release("ended"); !errors.Is(err, ErrGone) {
		t.Errorf("release: %v", err)
	}
}

func TestOnlyClaimsAreClaims(t *testing.T) {
	for name, want := range map[string]int{
		"claim.1.json": 1, "claim.20.json": 20, "claim.0.json": 0, "claim.-1.json": 0, "claim.01.json": 0,
		"claim..json": 0, "claim.1.json.tmp": 0, "run.json": 0, "claim.1": 0,
	} {
		if got := number(name); got != want {
			t.Errorf("%s is claim %d; want %d", name, got, want)
		}
	}
}

// TestTheClaimWithTheLargestNumberHolds, which is not the last in the order of names, and the others are removed.
func TestTheClaimWithTheLargestNumberHolds(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, 9, Claim{Owner: stranger(), Every: 10}, 0)
	put(t, dir, 10, Claim{Owner: stranger(), Every: 10, Ended: "interrupted"}, 0)
	if state, found, err := Look(dir); err != nil || !found || state.Live || state.Ended == "" {
		t.Errorf("%+v, %v, %v", state, found, err)
	}
	h, err := Take(dir, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if all, n, err := numbers(dir); err != nil || n != 11 || len(all) != 1 {
		t.Errorf("claims %v, %v", all, err)
	}
	moved := dir + "-moved"
	if err := os.Rename(dir, moved); err != nil {
		t.Fatal(err)
	}
	if err := h.Moved(moved); err != nil {
		t.Error(err)
	}
	if all, _, err := numbers(moved); err != nil || len(all) > 0 {
		t.Errorf("a run that was moved keeps claims %v, %v", all, err)
	}
}

func TestClearRemovesAllClaims(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []int{2, 9, 10} {
		put(t, dir, n, Claim{Owner: stranger()}, 0)
	}
	record := filepath.Join(dir, "run.json")
	if err := os.WriteFile(record, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	Clear(dir)
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 1 || left[0] != record {
		t.Errorf("left: %v, %v", left, err)
	}
}
