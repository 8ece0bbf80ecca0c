package experiments

import (
	"errors"
	"fmt"

	"go.uber.org/zap"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
	"r2unet/evaluate/report"
	"r2unet/internal/durable"
)

// Redraw writes tables, figures, exports and report of a results folder again, from the records of its runs alone:
// neither the data nor the configuration need be at hand. It returns what could not be read, a line for each file. The
// error names what could not be written.
func Redraw(folder string) (problems []string, err error) {
	a, err := archive.Open(folder)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	tables, err := evaluate.Tables(a.Results())
	if err != nil {
		return nil, fmt.Errorf("make the tables of %s: %w", folder, err)
	}
	s := &session{fs: durable.OS, folder: folder, page: report.NewBuilder(), log: zap.NewNop()}
	return a.AllProblems(), errors.Join(saveTables(s.fs, folder, tables), s.publishExports(a), s.publishFigures(a),
		s.publishReportOf(a, tables))
}
