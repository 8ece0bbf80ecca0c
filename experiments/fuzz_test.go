package experiments

import (
	"os"
	"path/filepath"
	"testing"

	"r2unet/evaluate"
	"r2unet/experiments/matrix"
)

// FuzzRecord: whatever stands in a run's files, reading them and making tables of what was read gives a result or an error.
func FuzzRecord(f *testing.F) {
	f.Add(`{"config":{"architecture":{"name":"U-Net"}},"result":{"status":"finished","dataset":"DRIVE","block":"forward"}}`, `{"train_seconds":1}`)
	f.Add(`{"result":{"status":"finished","dataset":"STARE","t":-1,"folds":-3,"measures":{"inside":{"micro":{"f1":null}}}}}`, `{}`)
	f.Add(`[]`, `null`)
	f.Fuzz(func(t *testing.T, record, timing string) {
		dir := t.TempDir()
		for name, content := range map[string]string{recordFile: record, timingFile: timing} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		r, err := ReadRecord(dir)
		if err != nil {
			return
		}
		_ = (matrix.Run{}).Diff(r.Config)
		if _, err := makeTables([]evaluate.Result{r.Result}); err != nil {
			t.Logf("tables: %v", err)
		}
	})
}
