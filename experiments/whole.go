package experiments

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"r2unet/evaluate/record"
	"r2unet/internal/checkpoint"
	"r2unet/internal/durable"
)

// cutOff names the first file of a finished run that is missing or was cut off, as by a copy that broke off, and what
// is wrong with it; "" if there is none. It looks at sizes and ends of files, which takes no time. The checkpoint may
// be missing, as it is from published results, and so may pictures, which are looked at only if asked for.
func cutOff(dir string, r Record, pictures bool) string {
	epochs := r.Result.Epochs
	if r.StoppedEpoch > 0 {
		epochs = r.StoppedEpoch
	}
	for _, file := range []struct {
		name string
		test func(path string) error
	}{
		{record.HistoryFile, func(path string) error { return wholeHistory(path, epochs) }},
		{record.CurvesFile, func(path string) error { return endsWith(path, "}\n") }},
		{record.CheckpointFile, func(path string) error { return ifPresent(checkpoint.Whole(path)) }},
	} {
		if err := file.test(filepath.Join(dir, file.name)); err != nil {
			return fmt.Sprintf("%s: %v", file.name, durable.Bare(err))
		}
	}
	if !pictures {
		return ""
	}
	for _, id := range r.Tested {
		name := filepath.Join(record.PredictionsFolder, id+".png")
		path := filepath.Join(dir, name)
		if err := ifPresent(endsWith(path, "IEND\xaeB`\x82")); err != nil { // a PNG's last eight bytes
			return fmt.Sprintf("%s: %v", name, durable.Bare(err))
		}
	}
	return ""
}

// ifPresent is an error about a file that is there.
func ifPresent(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// wholeHistory returns an error if a history has fewer epochs than were trained.
func wholeHistory(path string, epochs int) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	h, err := record.ParseHistory(content)
	if err == nil && len(h) < epochs {
		err = fmt.Errorf("has %d of %d epochs: it was cut off", len(h), epochs)
	}
	return err
}

// endsWith returns an error if a file has not the end that the program writes.
func endsWith(path, end string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	last := make([]byte, len(end))
	if _, err := f.ReadAt(last, max(0, info.Size()-int64(len(end)))); err != nil || string(last) != end {
		return errors.New("was cut off")
	}
	return nil
}
