package audit

import "fmt"

// collect makes one finding of all rows for which test returns a text.
func collect(s *sheet, template Finding, test func(row) string) []Finding {
	for _, r := range s.rows {
		if text := test(r); text != "" {
			template.Rows = append(template.Rows, r.label+": "+text)
		}
	}
	if len(template.Rows) == 0 {
		return nil
	}
	template.Table = s.name
	return []Finding{template}
}

// f1FollowsFromCounts compares F1 with what SE, SP and AC imply. A gap below 0.002 is Strained: a mean over
// images may differ by that much.
func f1FollowsFromCounts(s *sheet) []Finding {
	const strain = 0.002
	between := func(low, high float64) func(row) string {
		return func(r row) string {
			i, ok := r.intervals("se", "sp", "ac", "f1")
			if !ok || prevalence(i[0], i[1], i[2]).empty() {
				return ""
			}
			implied := impliedF1(i[0], i[1], i[2])
			if gap := implied.gap(i[3]); gap > low && gap <= high {
				return fmt.Sprintf("printed %s, implied %s", r.figures["f1"].text, implied)
			}
			return ""
		}
	}
	impossible := Finding{
		Check: "f1", Verdict: Impossible, Reading: Counts, Text: "F1 does not follow from SE, SP and AC",
	}
	strained := Finding{
		Check: "f1", Verdict: Strained, Reading: Counts, Text: "F1 lies just outside what SE, SP and AC imply",
	}
	return append(collect(s, impossible, between(strain, 1)), collect(s, strained, between(0, strain))...)
}

// jaccardFollowsFromF1 tests JS = F1/(2−F1). In every image JS ≤ F1, and
// F1/(2−F1) is convex, so a mean over images lies between the two.
func jaccardFollowsFromF1(s *sheet) []Finding {
	template := Finding{
		Check: "jaccard", Verdict: Impossible, Reading: AnyReading,
		Text: "JS does not lie between F1/(2−F1), its value for counts, and F1, which no mean over images exceeds",
	}
	return collect(s, template, func(r row) string {
		f1, name := r.figures["f1"], "F1"
		if !f1.present() {
			f1, name = r.figures["dc"], "DC"
		}
		js := r.figures["js"]
		if !f1.present() || !js.present() {
			return ""
		}
		implied := impliedJaccard(f1.interval())
		if possible := (interval{implied.low, f1.interval().high}); possible.gap(js.interval()) > 0 {
			return fmt.Sprintf("printed %s, %s %s allows %s, and gives %s for counts", js.text, name, f1.text, possible,
				implied)
		}
		return ""
	})
}

// diceIsF1 tests DC = F1, which are the same formula.
func diceIsF1(s *sheet) []Finding {
	template := Finding{
		Check: "dice", Verdict: Impossible, Reading: AnyReading,
		Text: "DC and F1 are the same formula, yet differ; at best they are of different readings",
	}
	return collect(s, template, func(r row) string {
		i, ok := r.intervals("dc", "f1")
		if !ok || i[0].gap(i[1]) == 0 {
			return ""
		}
		return fmt.Sprintf("DC %s, F1 %s", r.figures["dc"].text, r.figures["f1"].text)
	})
}

// f1FollowsFromPrecision tests F1 = 2·precision·SE/(precision + SE).
func f1FollowsFromPrecision(s *sheet) []Finding {
	template := Finding{
		Check: "precision", Verdict: Impossible, Reading: Counts,
		Text: "F1 is not the harmonic mean of precision and SE",
	}
	return collect(s, template, func(r row) string {
		i, ok := r.intervals("precision", "se", "f1")
		if !ok {
			return ""
		}
		if implied := harmonic(i[0], i[1]); implied.gap(i[2]) > 0 {
			return fmt.Sprintf("printed %s, implied %s", r.figures["f1"].text, implied)
		}
		return ""
	})
}

// accuracyBetween tests that AC lies between SE and SP.
func accuracyBetween(s *sheet) []Finding {
	template := Finding{
		Check: "accuracy", Verdict: Impossible, Reading: Counts,
		Text: "AC is a weighted mean of SE and SP, yet does not lie between them",
	}
	return collect(s, template, func(r row) string {
		i, ok := r.intervals("se", "sp", "ac")
		if !ok || !prevalence(i[0], i[1], i[2]).empty() {
			return ""
		}
		return fmt.Sprintf("AC %s, SE %s, SP %s", r.figures["ac"].text, r.figures["se"].text, r.figures["sp"].text)
	})
}

// aucPossible tests that a ROC curve through (1−SP, SE) can have the printed area.
func aucPossible(s *sheet) []Finding {
	template := Finding{
		Check: "auc", Verdict: Impossible, Reading: Counts, Text: "no ROC curve through SE and SP has the printed area",
	}
	return collect(s, template, func(r row) string {
		i, ok := r.intervals("se", "sp", "auc")
		if !ok {
			return ""
		}
		if possible := possibleAUC(i[0], i[1]); possible.gap(i[2]) > 0 {
			return fmt.Sprintf("printed %s, possible %s", r.figures["auc"].text, possible)
		}
		return ""
	})
}
