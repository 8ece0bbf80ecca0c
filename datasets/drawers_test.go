package datasets

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"r2unet/datasets/cache"
	"r2unet/internal/durable"
)

// far is a process on another machine, with the number of a process that has ended here.
func far(t *testing.T, name string) durable.Owner {
	t.Helper()
	ended := exec.Command(os.Args[0], "-test.run=^$")
	must(t, ended.Run())
	return durable.Owner{Host: name, PID: ended.Process.Pid, Boot: name, Space: "pid:[1]", Process: "ABCDEFGH"}
}

// drawerOf is a process that draws a small phantom into a cache; note is called with what it says.
func drawerOf(t *testing.T, dir string, me durable.Owner, note func(string)) drawer {
	t.Helper()
	c := Config{
		Name: "DRIVE", Patch: 16, Patches: 8, ValidationPatches: 8, PhantomImages: 4, PhantomShrink: 4, Cache: dir,
		Note: note,
	}
	d, err := c.Describe()
	must(t, err)
	c = c.withDefaults(d)
	found, err := d.Locate("", c.Folder)
	must(t, err)
	ds := newDataset(d, c, found, 1)
	ds.store = cache.Open(dir)
	return drawer{ds, filepath.Join(dir, "phantoms"), me, 0}
}

// phantoms lists what is in the folder of phantoms.
func phantoms(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "phantoms"))
	must(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestMachinesThatDrawAtOnceKeepOneWholePhantom: nobody waits, each finds nothing, all draw. Whenever the phantom is
// there, its manifest is.
func TestMachinesThatDrawAtOnceKeepOneWholePhantom(t *testing.T) {
	dir := t.TempDir()
	var together, all sync.WaitGroup
	hosts := []string{"a", "b", "c"}
	together.Add(len(hosts))
	folders := make([]string, len(hosts))
	for i, host := range hosts {
		d := drawerOf(t, dir, far(t, host), func(line string) {
			if strings.HasPrefix(line, "drawing") {
				together.Done()
				together.Wait()
			}
		})
		all.Go(func() {
			var err error
			if folders[i], err = d.draw(t.Context()); err != nil {
				t.Errorf("%s: %v", host, err)
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	for looking := true; looking; {
		select {
		case <-done:
			looking = false
		default:
		}
		found, _ := filepath.Glob(filepath.Join(dir, "phantoms", "v*", "DRIVE"))
		for _, folder := range found {
			if _, err := os.Stat(manifestOf(folder)); err != nil {
				t.Fatalf("a phantom without a manifest: %v", err)
			}
		}
	}
	if len(phantoms(t, dir)) != 1 || folders[0] != folders[1] || folders[0] != folders[2] {
		t.Errorf("there are %q; drawn into %q", phantoms(t, dir), folders)
	}
	if _, said := phantomOf(t, dir); said != "" {
		t.Errorf("afterwards it says %q", said)
	}
}

// TestAMachineThatWasSlowerKeepsTheOthersPhantom: a finds a damaged phantom, or none, and while it draws, b does all of
// the same.
func TestAMachineThatWasSlowerKeepsTheOthersPhantom(t *testing.T) {
	for _, damaged := range []bool{false, true} {
		dir := t.TempDir()
		if damaged {
			folder, err := drawerOf(t, dir, far(t, "c"), nil).draw(t.Context())
			must(t, err)
			must(t, os.WriteFile(filepath.Join(folder, "more.tif"), nil, 0o644))
		}
		var others string
		var before os.FileInfo
		a := drawerOf(t, dir, far(t, "a"), func(string) {
			var err error
			others, err = drawerOf(t, dir, far(t, "b"), nil).draw(t.Context())
			must(t, err)
			before, err = os.Stat(others)
			must(t, err)
		})
		folder, err := a.draw(t.Context())
		must(t, err)
		after, err := os.Stat(folder)
		must(t, err)
		if folder != others || !os.SameFile(before, after) || len(phantoms(t, dir)) != 1 {
			t.Errorf("damaged %v: a uses %s, b %s; there are %q", damaged, folder, others, phantoms(t, dir))
		}
	}
}

// TestAnotherMachinesHalfPhantomIsLeftAlone, unless it is very old by the file system's clock; and it is waited for
// a while, by one's own clock. A dead process of one's own machine is not waited for.
func TestAnotherMachinesHalfPhantomIsLeftAlone(t *testing.T) {
	me := durable.Self()
	mine := me
	mine.PID = far(t, "").PID
	for name, c := range map[string]struct {
		who        durable.Owner
		age        time.Duration
		stay, wait bool
	}{
		"another machine's":                           {far(t, "b"), 0, true, true},
		"another machine's, its clock a day ahead":    {far(t, "b"), -24 * time.Hour, true, true},
		"another machine's, half a day old":           {far(t, "b"), 12 * time.Hour, true, true},
		"another machine's that died long ago":        {far(t, "b"), 48 * time.Hour, false, false},
		"a dead process's of this machine":            {mine, 0, false, false},
		"a dead process's of this machine, to-morrow": {mine, -24 * time.Hour, false, false},
	} {
		dir := t.TempDir()
		var said []string
		d := drawerOf(t, dir, me, func(line string) { said = append(said, line) })
		d.patience = 300 * time.Millisecond
		half := filepath.Join(d.all, drawing+c.who.Mark()+"-1-"+d.name())
		must(t, os.MkdirAll(filepath.Join(half, "DRIVE"), 0o777))
		then := time.Now().Add(-c.age)
		must(t, os.Chtimes(half, then, then))
		if _, err := d.draw(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(half); (err == nil) != c.stay {
			t.Errorf("%s: %v", name, err)
		}
		if waited := strings.HasPrefix(said[0], "waiting"); waited != c.wait || len(phantoms(t, dir)) > 2 {
			t.Errorf("%s: it says %q; there are %q", name, said, phantoms(t, dir))
		}
	}
}

// TestAProcessThatWaitsUsesWhatTheOtherDraws and draws nothing itself.
func TestAProcessThatWaitsUsesWhatTheOtherDraws(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	b := drawerOf(t, dir, far(t, "b"), nil)
	a := drawerOf(t, dir, durable.Self(), func(line string) {
		switch {
		case !strings.HasPrefix(line, "waiting"):
			t.Errorf("it says %q", line)
		default:
			all.Go(func() {
				if _, err := b.draw(context.WithoutCancel(t.Context())); err != nil {
					t.Error(err)
				}
			})
		}
	})
	a.patience = time.Minute
	must(t, os.MkdirAll(filepath.Join(a.all, drawing+b.me.Mark()+"-1-"+a.name()), 0o777))
	if _, err := a.draw(t.Context()); err != nil {
		t.Error(err)
	}
	all.Wait()
}
