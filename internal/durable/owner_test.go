package durable

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestOnlyWhatIsSurelyAbandonedIsRemoved: of one's own machine what dead processes left, of others what is very old.
func TestOnlyWhatIsSurelyAbandonedIsRemoved(t *testing.T) {
	ended := exec.Command(os.Args[0], "-test.run=^$")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	me := Self()
	dead, parent, reborn := me, me, me
	dead.PID, parent.PID, reborn.Process = ended.Process.Pid, os.Getppid(), "ABCDEFGH"
	far := Owner{Host: "far", PID: ended.Process.Pid, Boot: "other", Space: "pid:[1]", Process: "ABCDEFGH"}
	contained := dead // its processes cannot be seen from here, though it is the same kernel
	contained.Space = "pid:[1]"
	dir := t.TempDir()
	for name, c := range map[string]struct {
		mark string
		age  time.Duration
		gone bool
	}{
		"one's own":                       {me.Mark() + "-1", 100 * time.Hour, false},
		"a live process's":                {parent.Mark() + "-1", 100 * time.Hour, false},
		"a dead process's":                {dead.Mark() + "-1", 0, true},
		"a dead one's with one's number":  {reborn.Mark() + "-1", 0, true},
		"another machine's":               {far.Mark() + "-1", 0, false},
		"another machine's, old":          {far.Mark() + "-2", 23 * time.Hour, false},
		"another machine's, very old":     {far.Mark() + "-3", 25 * time.Hour, true},
		"another machine's, of to-morrow": {far.Mark() + "-4", -24 * time.Hour, false},
		"a container's":                   {contained.Mark() + "-1", 0, false},
		"without a mark":                  {"12345", 0, false},
		"without a mark, very old":        {"12346", 25 * time.Hour, true},
		"of two words":                    {"12-34", 0, false},
	} {
		path := filepath.Join(dir, ".new-"+c.mark)
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
		then := time.Now().Add(-c.age)
		if err := os.Chtimes(path, then, then); err != nil {
			t.Fatal(err)
		}
		me.RemoveAbandoned(".new-", []string{path})
		if _, err := os.Lstat(path); os.IsNotExist(err) != c.gone {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".clock*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}
