package experiments

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/term"

	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/internal/durable"
)

// saveTables writes each table as Markdown, CSV, JSON, HTML and LaTeX.
func saveTables(fsys durable.FS, dir string, tables []*evaluate.PaperTable) error {
	folder := filepath.Join(dir, record.TablesFolder)
	if err := fsys.MkdirAll(folder); err != nil {
		return fmt.Errorf("make folder for tables: %w", err)
	}
	for _, table := range tables {
		csv, err := table.CSV()
		if err != nil {
			return fmt.Errorf("write table %d: %w", table.Number, err)
		}
		json, err := table.JSON()
		if err != nil {
			return fmt.Errorf("write table %d: %w", table.Number, err)
		}
		for ending, content := range map[string][]byte{
			"md": []byte(table.Markdown()), "csv": []byte(csv), "json": json, "html": []byte(table.HTML()),
			"tex": []byte(table.LaTeX()),
		} {
			path := filepath.Join(folder, fmt.Sprintf("table-%d.%s", table.Number, ending))
			if err := durable.WriteBytes(fsys, path, content); err != nil {
				return err
			}
		}
	}
	return nil
}

// widthOf is the width of a terminal in columns; 0 for anything else.
func widthOf(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

// printTables prints the quality tables with rows of ours for a terminal of so many columns, and where all tables are.
func printTables(w io.Writer, tables []*evaluate.PaperTable, folder string, width int) error {
	for _, t := range tables {
		ours := slices.ContainsFunc(t.Rows, func(r evaluate.TableRow) bool { return r.Source == "ours" })
		if t.Number == 4 || t.Number == 5 || !ours && len(t.Incomplete) == 0 {
			continue
		}
		fmt.Fprintln(w)
		if err := t.Terminal(w, width); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "\nAll tables, with the paper's other columns and readings: %s\nThe report: %s\n",
		filepath.Join(folder, record.TablesFolder), filepath.Join(folder, record.ReportFile))
	return err
}
