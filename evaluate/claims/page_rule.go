package claims

import (
	_ "embed"
	"text/template"
)

//go:embed rule.md
var ruleText string

var ruleTemplate = template.Must(template.New("rule.md").Parse(ruleText))

// rule writes how verdicts are reached, with the constants that the code uses.
func (s *Study) rule(p *page) error {
	return ruleTemplate.Execute(p, struct {
		Trainings         int
		F1, AUC, Accuracy float64
		Equal             string
	}{leastTrainings, f1Score.margin, aucScore.margin, convergence.margin, percent(equalParameters)})
}
