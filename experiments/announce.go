package experiments

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"go.uber.org/zap"

	"r2unet/datasets"
	"r2unet/experiments/matrix"
	"r2unet/experiments/progress"
)

// several returns a number with its noun.
func several(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// announce prints what will run, and publishes the report of what exists already.
func (s *session) announce(jobs []*job, searched *matrix.Search) {
	what := several(len(jobs), "run")
	if searched != nil {
		what = fmt.Sprintf("%s, %d for each network", several(len(jobs)*searched.Trials, "trial"), searched.Trials)
	}
	fmt.Fprintf(s.options.Stdout, "%s on %s; results in %s\n", what, s.device.Describe(), s.folder)
	if s.whyDevice != "" {
		fmt.Fprintln(s.options.Stdout, s.whyDevice)
	}
	if names := phantoms(jobs); len(names) > 0 {
		fmt.Fprintf(s.options.Stdout, "not in the data folder, so drawn as phantoms: %s; every row about them says "+
			"so\n",
			strings.Join(names, ", "))
	}
	s.log.Info("sweep",
		zap.String("profile", s.options.Profile), zap.String("config", s.options.Config),
		zap.String("data", s.options.Data),
		zap.String("device", s.device.Describe()), zap.Int("runs", len(jobs)), zap.Any("versions", currentVersions()))
	for _, f := range factsOf(jobs) {
		s.warnOfData(f)
	}
	if _, ok := s.published(widthOf(s.options.Stdout)); !ok {
		s.refreshReport()
	}
}

// noteWarnings prints warnings about the data of jobs; it needs neither log nor reporter.
func (s *session) noteWarnings(jobs []*job) {
	var said []string
	for _, f := range factsOf(jobs) {
		for _, w := range f.Warnings {
			text := "warning: " + f.Name + ": " + w
			if !slices.Contains(said, text) { // of several seeds
				said = append(said, text)
				s.note(text)
			}
		}
	}
}

// factsOf returns the facts of the jobs' datasets, each once.
func factsOf(jobs []*job) (all []datasets.Facts) {
	seen := map[*datasets.Dataset]bool{}
	for _, j := range jobs {
		if !seen[j.dataset] {
			seen[j.dataset] = true
			all = append(all, j.dataset.Facts())
		}
	}
	return all
}

// phantoms returns the names of drawn datasets.
func phantoms(jobs []*job) []string {
	var names []string
	for _, j := range jobs {
		if name := j.run.Dataset.Name; j.run.Phantom && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// sayFinished reports runs that finished earlier, and whether other code or other kernels computed them.
func (s *session) sayFinished(jobs []*job, records []Record) {
	var others, kernels []string
	for i, record := range records {
		s.reporter.Note(jobs[i].run.Title() + ": finished before")
		if k := record.Result.Kernels; k != "" && k != s.device.Arithmetic() {
			kernels = append(kernels, k)
		}
		if record.Versions.Code != currentCode() {
			others = append(others, cmp.Or(record.Versions.Code, "not recorded"))
		}
	}
	if len(others) > 0 {
		s.warn(fmt.Sprintf("%d finished runs are of other code (%s) than runs now (%s); -fresh begins a new "+
			"results folder",
			len(others), strings.Join(slices.Compact(others), ", "), currentCode()))
	}
	if len(kernels) > 0 {
		s.warn(fmt.Sprintf("%d finished runs were computed under other kernels (%s) than there are now (%s), and "+
			"their last digits differ; tables mark their rows, -fresh begins a new results folder",
			len(kernels), strings.Join(slices.Compact(kernels), ", "), s.device.Arithmetic()))
	}
}

// tellStopping reports to the user when the context ends. The returned function cancels that, or waits for it to
// finish.
func tellStopping(ctx context.Context, r progress.Reporter) (end func()) {
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		r.Stopping()
	})
	return sync.OnceFunc(func() {
		if !stop() {
			<-done
		}
	})
}
