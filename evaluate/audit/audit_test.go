package audit

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"r2unet/evaluate/paper"
)

func findingsOf(t *testing.T, n int) []Finding {
	t.Helper()
	table, err := paper.Printed(n)
	if err != nil {
		t.Fatal(err)
	}
	findings, err := Table(table)
	if err != nil {
		t.Fatal(err)
	}
	return findings
}

// only returns the single finding of a check that contains text.
func only(t *testing.T, findings []Finding, check, text string) Finding {
	t.Helper()
	var found []Finding
	for _, f := range findings {
		if f.Check == check && strings.Contains(f.Text, text) {
			found = append(found, f)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d findings of check %q with %q, want one: %+v", len(found), check, text, found)
	}
	return found[0]
}

func says(t *testing.T, f Finding, texts ...string) {
	t.Helper()
	all := f.Text + "\n" + strings.Join(f.Rows, "\n")
	for _, text := range texts {
		if !strings.Contains(all, text) {
			t.Errorf("%q is not in\n%s", text, all)
		}
	}
}

func TestJSCIsPixelAccuracyInNineOfTenRows(t *testing.T) {
	two := only(t, findingsOf(t, 2), "identity", "jsc equals ac")
	says(t, two, "to 0.0003 in 5 of 5 rows")
	three := only(t, findingsOf(t, 3), "identity", "jsc equals ac")
	says(t, three, "in 4 of 5 rows", "U-Net (t=2): 0.9858 against 0.9828, one digit differs")
}

func TestAUCIsBalancedAccuracyInAllTenRows(t *testing.T) {
	for _, n := range []int{2, 3} {
		says(t, only(t, findingsOf(t, n), "identity", "auc equals balanced accuracy"), "to 0.0001 in 5 of 5 rows")
	}
	for _, f := range findingsOf(t, 1) {
		if f.Check == "identity" {
			t.Errorf("Table I has real areas under the curve, but: %s", f.Text)
		}
	}
}

func TestPrintedJaccardIsImpossible(t *testing.T) {
	for _, n := range []int{2, 3} {
		if f := only(t, findingsOf(t, n), "jaccard", ""); len(f.Rows) != 5 {
			t.Errorf("table %d: %d rows, want 5", n, len(f.Rows))
		}
	}
}

func TestDRIVERowsImplyThePrevalenceInsideTheFOV(t *testing.T) {
	f := only(t, findingsOf(t, 1), "published", "DRIVE")
	says(t, f, "0.126 to 0.128", "that inside the FOV of the 20 test images (0.1273)",
		"not over all pixels of the 20 test images (0.0876)")
}

func TestF1OfTheDRIVEUNetDoesNotFollow(t *testing.T) {
	for _, f := range findingsOf(t, 1) {
		if f.Check != "f1" || f.Verdict != Impossible {
			continue
		}
		says(t, f, "DRIVE, U-Net: printed 0.8142, implied 0.802")
		for _, r := range f.Rows {
			if strings.HasPrefix(r, "DRIVE") && !strings.HasPrefix(r, "DRIVE, U-Net") {
				t.Errorf("F1 of the other DRIVE rows follows, but: %s", r)
			}
		}
		return
	}
	t.Error("not found")
}

func TestCHASEResidualRowIsTheDRIVERow(t *testing.T) {
	f := only(t, findingsOf(t, 1), "repeated", "Residual U-Net")
	says(t, f, "CHASE_DB1, Residual U-Net has the numbers of DRIVE, Residual U-Net", "se 0.7726", "sp 0.9820",
		"ac 0.9553", "auc 0.9779", "only f1 differs")
}

func TestSkinRowsImplyPrevalencesThatExcludeEachOther(t *testing.T) {
	f := only(t, findingsOf(t, 2), "prevalence", "exclude each other")
	if f.Verdict != Impossible {
		t.Errorf("verdict %s", f.Verdict)
	}
	says(t, f, "\nU-Net (t=2): foreground is 0.23", "R2U-Net (t=2): foreground is 0.31",
		"R2U-Net (t=3): foreground is 0.0000 to 0.18")
}

func TestRetinaTimesStandInTwoOrders(t *testing.T) {
	f := only(t, findingsOf(t, 5), "order", "")
	says(t, f, "the same 3 values", "agree in the other 2", "DRIVE: 6.42 against 2.84", "STARE: 8.66 against 6.42",
		"CHASE_DB1: 2.84 against 8.66")
}

// A table computed from counts and rounded must yield no findings, so that no finding is an artefact of
// rounding.
func TestHonestTablesAreNeverAccused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.IntRange(2, 5).Draw(t, "digits")
		positives := rapid.Int64Range(50, 100000).Draw(t, "positives")
		negatives := rapid.Int64Range(50, 100000).Draw(t, "negatives")
		var page strings.Builder
		page.WriteString("method,se,sp,ac,f1,js,dc,precision\n")
		for i := range 2 {
			tp := rapid.Int64Range(1, positives).Draw(t, "tp")
			tn := rapid.Int64Range(0, negatives).Draw(t, "tn")
			p, n, all := float64(positives), float64(negatives), float64(positives+negatives)
			hit, miss, alarm := float64(tp), p-float64(tp), n-float64(tn)
			f1 := 2 * hit / (2*hit + miss + alarm)
			fmt.Fprintf(&page, "m%d", i)
			for _, v := range []float64{
				hit / p, float64(tn) / n, (hit + float64(tn)) / all, f1, hit / (hit + miss + alarm), f1,
				hit / (hit + alarm),
			} {
				fmt.Fprintf(&page, ",%.*f", digits, v)
			}
			page.WriteString("\n")
		}
		table, err := paper.Read(strings.NewReader(page.String()), "honest")
		if err != nil {
			t.Fatal(err)
		}
		findings, err := Table(table)
		if err != nil {
			t.Fatal(err)
		}
		findings = slices.DeleteFunc(findings, func(f Finding) bool { return f.Verdict == Repeated })
		if len(findings) > 0 {
			t.Fatalf("%s\n%+v", page.String(), findings)
		}
	})
}

func TestImpliedPrevalenceHoldsTheTrueOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		share := rapid.Float64Range(0, 1).Draw(t, "share")
		se := rapid.Float64Range(0, 1).Draw(t, "se")
		sp := rapid.Float64Range(0, 1).Draw(t, "sp")
		round := func(v float64) interval {
			r := math.Round(v*1e4) / 1e4
			return figure{"x", r, 1e-4}.interval()
		}
		got := prevalence(round(se), round(sp), round(share*se+(1-share)*sp))
		if !got.widen().contains(share) {
			t.Fatalf("%v is not in %v", share, got)
		}
	})
}

func TestReportReadsAUsersTable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine.csv")
	table := "Method,Sensitivity,Specificity,Accuracy,Dice,IoU\n" +
		"honest,80%,98.0%,95.7%,0.83,–\n" +
		"wrong,0.90,0.95,0.99,0.90 ± 0.01,0.95\n"
	if err := os.WriteFile(path, []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Report(&out, path); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"wrong: AC 0.99, SE 0.90, SP 0.95", "wrong: printed 0.95, DC 0.90 allows"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &out)
		}
	}
	if strings.Contains(out.String(), "honest") {
		t.Errorf("the honest row is accused:\n%s", &out)
	}
}

func TestColumnsAreReadByTheNamesPeopleGiveThem(t *testing.T) {
	for column, want := range map[string]string{
		"se": "se", "sensitivity (se)": "se", "se (sensitivity)": "se", "sens.": "se", "recall": "se", "acc.": "ac",
		"accuracy [%]":   "ac",
		"specificity(%)": "sp", "sp %": "sp", "f1-score": "f1", "f1_score": "f1", "f1 score (mean)": "f1",
		"dice coefficient": "dc",
		"roc-auc":          "auc", "auc ↑": "auc", "iou (%)": "js", "pixel_accuracy": "ac",
		"miou": "", "accuracy (training)": "", "sensitivity (sp)": "", "mean accuracy": "", "auc-pr": "",
		"se (std)": "", "f2": "", "method": "",
	} {
		if got := measureOf(column); got != want {
			t.Errorf("%q is read as %q, want %q", column, got, want)
		}
	}
}

func TestColumnsThatAreLeftOutAreNamed(t *testing.T) {
	for table, want := range map[string][]string{
		"Method,Sensitivity (SE),SP,AC\nA,0.90,0.95,0.99\n": {"AC 0.99, SE 0.90, SP 0.95"},
		"Method,SE,SP,mIoU\nA,0.90,0.95,0.99\n": {
			"nothing contradicts itself in the columns se, sp\n", "not checked", "miou",
		},
		"Method,SE,SP,AC,Kappa\nA,0.90,0.95,0.99,0.8\n":               {"AC 0.99", "not checked", "kappa"},
		"Method,Year,SE,se_sd,SP,Remark\nA,2018,0.90,0.1,0.95,ours\n": {": nothing contradicts itself\n"},
	} {
		path := filepath.Join(t.TempDir(), "table.csv")
		if err := os.WriteFile(path, []byte(table), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := Report(&out, path); err != nil {
			t.Fatal(err)
		}
		for _, text := range want {
			if !strings.Contains(out.String(), text) {
				t.Errorf("%q is missing in\n%s", text, &out)
			}
		}
	}
}

func TestReportNamesWhatIsWrongWithAFile(t *testing.T) {
	tests := map[string]struct{ table, want string }{
		"empty":              {"", "empty file"},
		"no rows":            {"se,sp\n", "no rows"},
		"no measures":        {"a,b\n1,2\n", "want at least two of se, sp"},
		"not a number":       {"se,sp\n0.5,abc\n", `line 2, column sp: "abc" is not a number`},
		"out of range":       {"se,sp\n0.5,-1\n", "line 2, column sp: -1 is outside 0 to 1"},
		"two names":          {"se,recall\n0.5,0.5\n", `columns "se" and "recall" are the same measure`},
		"too many fields":    {"se,sp\n0.5,0.6,0.7\n", "wrong number of fields"},
		"column named twice": {"se,se\n0.5,0.6\n", `two columns are named "se"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "table.csv")
			if err := os.WriteFile(path, []byte(test.table), 0o600); err != nil {
				t.Fatal(err)
			}
			err := Report(&bytes.Buffer{}, path)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want one with %q that names the file", err, test.want)
			}
		})
	}
	if err := Report(&bytes.Buffer{}, "missing.csv"); err == nil || !strings.Contains(err.Error(), "missing.csv") {
		t.Errorf("a missing file gives %v", err)
	}
}
