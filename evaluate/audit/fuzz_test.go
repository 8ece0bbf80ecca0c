package audit

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"r2unet/evaluate/paper"
	"r2unet/internal/alloctest"
)

// multiple bounds the memory per byte of a table: a row of two bytes is read, compared and reported.
const multiple = 512

// auditText reads and checks a table named "stranger.csv".
func auditText(text []byte) error {
	table, err := paper.Read(bytes.NewReader(text), "stranger.csv")
	if err != nil {
		return err
	}
	findings, err := Table(table)
	if err != nil {
		return err
	}
	return write(&bytes.Buffer{}, findings)
}

// FuzzTable checks that any table yields findings or an error that names it, with memory bounded by a
// multiple of its size.
func FuzzTable(f *testing.F) {
	for n := 1; n <= paper.Tables; n++ {
		data, err := os.ReadFile(fmt.Sprintf("../paper/table-%d.csv", n))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("se,sp\n1e999,-\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var err error
		alloctest.AtMost(t, multiple*len(data), func() { err = auditText(data) })
		if err != nil && !strings.HasPrefix(err.Error(), "stranger.csv: ") {
			t.Errorf("the error does not name the table: %v", err)
		}
	})
}

// TestHostileTableCostsAMultipleOfItsSize checks tables built to use as much memory as possible.
func TestHostileTableCostsAMultipleOfItsSize(t *testing.T) {
	columns := make([]string, 100_000)
	for i := range columns {
		columns[i] = fmt.Sprint(i)
	}
	const all = "dataset,se,sp,ac,f1,js,auc,dc,precision\n"
	for name, c := range map[string]struct{ text, want string }{
		"rows of a letter":             {"a\n" + strings.Repeat("b\n", 1<<19), "more than 500 rows"},
		"rows with one number":         {"se\n" + strings.Repeat("1\n", 1<<19), "more than 500 rows"},
		"a hundred thousand columns":   {strings.Join(columns, ",") + "\n", "100000 columns"},
		"a field of a megabyte":        {"se\n" + strings.Repeat("1", 1<<20), "is not a number"},
		"a quoted field of a megabyte": {"se\n\"" + strings.Repeat(`""`, 1<<19), "quoted-field"},
		"no line of a megabyte":        {strings.Repeat("x", 1<<20), ""},
		"as many rows as are read, all alike": {
			all + strings.Repeat("a,0.9501,0.9502,0.9502,0.9503,0.9504,0.9505,0.9503,0.9506\n", 500), "",
		},
		"numbers of a thousand digits": {
			all + strings.Repeat("a"+strings.Repeat(",0."+strings.Repeat("9", 1000), 8)+"\n", 50), "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			alloctest.AtMost(t, multiple*len(c.text), func() { err = auditText([]byte(c.text)) })
			if err != nil && len(err.Error()) > 500 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error %.200v, want %q", err, c.want)
			}
		})
	}
}
