package setting_test

import (
	"fmt"
	"strings"
	"testing"

	"r2unet/internal/setting"
)

func parameters() []setting.Parameter {
	return []setting.Parameter{
		setting.Whole("cycles", 1, 1, 1000), setting.Number("final", 0, 0, 1), setting.Word("per", "epoch", "update"),
		setting.Number("weight", 1, 0, 10).Or("batch"),
	}
}

func TestListsRise(t *testing.T) {
	list := setting.Wholes("at", 1, 100)
	for text, want := range map[string]string{
		"drop(at=30)": "drop(at=30) [30]", "drop( at = 030/6e1/90.0 )": "drop(at=30/60/90) [30 60 90]",
	} {
		s, err := setting.Parse(text)
		if err == nil {
			s, err = s.With(list)
		}
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if got := fmt.Sprint(s, s.Wholes("at")); got != want {
			t.Errorf("%q: %s, expected %s", text, got, want)
		}
	}
	for _, text := range []string{
		"drop", "drop(at=0)", "drop(at=30/30)", "drop(at=60/30)", "drop(at=30/)", "drop(at=/30)", "drop(at=1.5/2)",
		"drop(at=30/101)", "drop(at=30/x)", "drop(at=1/NaN)", "drop(at=30 / 60)",
	} {
		s, err := setting.Parse(text)
		if err == nil {
			_, err = s.With(list)
		}
		if err == nil {
			t.Errorf("%q: no error", text)
		}
	}
	s, _ := setting.Parse("drop(at=60/30)")
	want := "drop: at=60/30: expected rising whole numbers separated by /, each from 1 to 100"
	if _, err := s.With(list); err == nil || err.Error() != want {
		t.Errorf("error %v, expected %s", err, want)
	}
}

func read(text string) (setting.Setting, error) {
	s, err := setting.Parse(text)
	if err != nil {
		return s, err
	}
	return s.With(parameters()...)
}

func Example() {
	s, err := setting.Parse("cosine( final=0.00001, cycles = 3 )")
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err = s.With(setting.Whole("cycles", 1, 1, 1000), setting.Number("final", 0, 0, 1))
	fmt.Println(s, s.Whole("cycles"), s.Number("final"), err)
	// Output: cosine(cycles=3,final=1e-05) 3 1e-05 <nil>
}

func TestCanonicalText(t *testing.T) {
	for text, want := range map[string]string{
		"cosine":                             "cosine",
		" cosine ( ) ":                       "cosine",
		"cosine(per=epoch,cycles=1.0)":       "cosine",
		"cosine(final=-0)":                   "cosine",
		"cosine(per=update, cycles=3e0)":     "cosine(cycles=3,per=update)",
		"cosine(weight=batch)":               "cosine(weight=batch)",
		"cosine(weight=0.50,\tfinal=1.0e-5)": "cosine(final=1e-05,weight=0.5)",
	} {
		if s, err := read(text); err != nil || s.String() != want {
			t.Errorf("%q: %q, error %v, expected %q", text, s, err, want)
		}
	}
}

func TestErrorsNameWhatThereIs(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "expected a name",
		"Cosine":                    "expected a name",
		"cosine(":                   "one pair of parentheses",
		"cosine(cycles=3) x":        "one pair of parentheses",
		"cosine((cycles=3))":        "one pair of parentheses",
		"cosine(cycles)":            `"cycles" is not of the form key=value`,
		"cosine(cycles=1 2)":        `"cycles=1 2" is not of the form key=value`,
		"cosine(cycles=1,)":         `"" is not of the form key=value`,
		"cosine(cycles=1,cycles=1)": "cycles occurs twice",
		"cosine(cycle=3)": `cosine has no parameter "cycle" (did you mean cycles?); there are: cycles, final, per, ` +
			`weight`,
		"cosine(cycles=2.5)": "cosine: cycles=2.5: expected a whole number from 1 to 1000",
		"cosine(cycles=nan)": "expected a whole number from 1 to 1000",
		"cosine(per=step)":   "cosine: per=step: expected epoch or update",
		"cosine(per=2)":      "cosine: per=2: expected epoch or update",
		"cosine(weight=inf)": "expected a number from 0 to 10 or batch",
	} {
		if _, err := read(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, expected one with %q", text, err, want)
		}
	}
	plain, err := setting.Parse("constant(rate=1)")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plain.With(); err == nil || err.Error() != "constant has no parameters, but rate is given" {
		t.Errorf("error %v", err)
	}
	step := setting.Setting{Name: "step"}
	if _, err := step.With(setting.Whole("every", 1, 1, 9).Required()); err == nil ||
		err.Error() != "step: the parameter every is missing: a whole number from 1 to 9" {
		t.Errorf("error %v", err)
	}
}

func TestSplitLeavesParenthesesWhole(t *testing.T) {
	got := strings.Join(setting.Split("bce(pos-weight=1e+2) + 0.5*dice+", '+'), "|")
	if got != "bce(pos-weight=1e+2) | 0.5*dice|" {
		t.Errorf("split into %s", got)
	}
}

// FuzzParse requires that canonical text is read as itself, and nothing panics.
func FuzzParse(f *testing.F) {
	f.Add("cosine(cycles=3, final=1e-5)")
	f.Add("a(b=c,d=-0x1p-2)")
	f.Add("cosine(weight=batch)")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := setting.Parse(text)
		if err != nil {
			return
		}
		again, err := setting.Parse(s.String())
		if err != nil || again.String() != s.String() {
			t.Errorf("%q: %q is read as %q, error %v", text, s, again, err)
		}
		if s, err := s.With(parameters()...); err == nil {
			if again, err := read(s.String()); err != nil || again.String() != s.String() {
				t.Errorf("%q: %q is read as %q, error %v", text, s, again, err)
			}
		}
	})
}
