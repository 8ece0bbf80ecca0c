package export

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"r2unet/evaluate/archive"
	"r2unet/evaluate/mlflow"
	"r2unet/evaluate/tensorboard"
	"r2unet/internal/durable"
)

// ResultsOptions are the settings of TensorBoard and MLflow.
type ResultsOptions struct {
	Results string // results folder of a sweep
	Out     string // folder to write into
	Images  int    // test images of each run whose pictures TensorBoard gets
	Stdout  io.Writer
}

// TensorBoard writes an event file for each run of a results folder, OUT/RUN/events….
func TensorBoard(o ResultsOptions) error {
	return o.write(func(s *archive.Sweep) error {
		for _, r := range s.Runs {
			folder := filepath.Join(o.Out, r.ID)
			if err := os.MkdirAll(folder, 0o755); err != nil {
				return err
			}
			pictures, damaged := tensorboard.Pictures(s, r, o.Images)
			if damaged != nil {
				fmt.Fprintln(o.Stdout, damaged)
			}
			err := durable.WriteFile(durable.OS, filepath.Join(folder, tensorboard.FileName), func(w io.Writer) error {
				return tensorboard.Write(w, r, pictures)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// MLflow writes the runs of a results folder into a file store, OUT.
func MLflow(o ResultsOptions) error {
	return o.write(func(s *archive.Sweep) error {
		files, err := mlflow.Files(s, o.Out)
		if err != nil {
			return err
		}
		for _, f := range files {
			to := filepath.Join(o.Out, filepath.FromSlash(f.Path))
			if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
				return err
			}
			if err := durable.WriteVolatile(durable.OS, to, f.Content); err != nil {
				return err
			}
		}
		return nil
	})
}

// write opens the results and says what was written. Problems of single runs are printed; what can be read is written.
func (o ResultsOptions) write(export func(s *archive.Sweep) error) error {
	s, err := archive.Open(o.Results)
	if err != nil {
		return inputOrMachine(err)
	}
	if len(s.Runs) == 0 {
		return &BadInput{Err: fmt.Errorf("%s has no runs", o.Results)}
	}
	if err := export(s); err != nil {
		return err
	}
	for _, problem := range s.AllProblems() {
		fmt.Fprintln(o.Stdout, problem)
	}
	fmt.Fprintf(o.Stdout, "%d runs of %s: %s\n", len(s.Runs), o.Results, o.Out)
	return s.Close()
}
