package matrix

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"r2unet/arch"
	"r2unet/datasets"
	"r2unet/evaluate/record"
)

// Run is the resolved configuration of one training run: everything its results depend on. What changes only its
// duration or location (threads, workers, folders) is not here.
type Run struct {
	Architecture arch.Config     `json:"architecture"`
	Dataset      datasets.Config `json:"dataset"`
	Phantom      bool            `json:"phantom"` // the dataset's files were missing and phantoms were drawn instead
	Training     Training        `json:"training"`
	Fold         int             `json:"fold"`   // of the dataset's, from 0
	Seed         uint64          `json:"seed"`   // of every random stream
	Device       string          `json:"device"` // kind of device: "cpu", "cuda", "ref"

	// Point is the run's position in a grid: its values of the keys that have a list in the profile. It only names the
	// run; Training holds the settings in use.
	Point []Setting `json:"point,omitempty"`

	// Search is the run's place in a search that stops trials early; nil elsewhere.
	Search *Place `json:"search,omitempty"`
}

// Trained returns the configuration without settings that only testing reads: runs that agree in it have identical
// weights.
func (r Run) Trained() Run {
	r.Training.TestImages, r.Training.Test, r.Training.Stride, r.Training.Measures = 0, "", 0, nil
	r.Training.TTA, r.Training.Post = "", ""
	r.Training.Assess, r.Training.Threshold, r.Training.Temperature, r.Point = "", "", "", nil
	r.Dataset.MeasureAt = ""
	return r
}

// Hash is the SHA-256 of the configuration, as hexadecimal digits.
func (r Run) Hash() (string, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("encode the configuration of a run: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// ID names the run and its folder: readable words and eight digits of the hash, for instance
// "chase_db1-r2u-net-t2-shared-1f0c2d3e".
func (r Run) ID() (string, error) {
	hash, err := r.Hash()
	if err != nil {
		return "", err
	}
	return r.Label() + "-" + hash[:8], nil
}

// Label is the readable part of the ID. No two runs of a matrix share it, so two IDs with one label are the same run
// under different settings.
func (r Run) Label() string {
	parts := []string{record.Slug(r.Dataset.Name)}
	if r.Phantom {
		parts = append(parts, "phantom")
	}
	parts = append(parts, record.Slug(strings.ReplaceAll(ArchitectureTitle(r.Architecture), "t=", "t")))
	if len(r.Point) > 0 {
		parts = append(parts, pointSlug(r.Point))
	}
	if r.Fold > 0 {
		parts = append(parts, fmt.Sprintf("fold%d", r.Fold))
	}
	if r.Seed != 1 {
		parts = append(parts, fmt.Sprintf("seed%d", r.Seed))
	}
	return strings.Join(parts, "-")
}

// Title is the run's name for people: "CHASE_DB1 (phantom) R2U-Net t=2 shared".
func (r Run) Title() string {
	title := r.Dataset.Name
	if r.Phantom {
		title += " (phantom)"
	}
	title += " " + ArchitectureTitle(r.Architecture)
	for _, s := range r.Point {
		title += fmt.Sprintf(", %s %s", s.Key, s.Value)
	}
	if r.Fold > 0 {
		title += fmt.Sprintf(" fold %d", r.Fold)
	}
	if r.Seed != 1 {
		title += fmt.Sprintf(" seed %d", r.Seed)
	}
	return title
}

// ArchitectureTitle is, for instance, "R2U-Net t=2 shared", or "U-Net" if nothing is recurrent.
func ArchitectureTitle(a arch.Config) string {
	names := references(a)
	return names[len(names)-1]
}

// maxName, in bytes, keeps names of run folders below the file systems' limit of 255.
const maxName = 100

// CheckArchitecture returns an error for the first invalid setting of an architecture; it begins with the key.
func CheckArchitecture(a arch.Config) error {
	if len(a.Name) > maxName {
		return fmt.Errorf("name = %.20q…: has %d bytes, expected at most %d, as it becomes part of a folder's name",
			a.Name, len(a.Name), maxName)
	}
	return a.Check()
}

// references lists the names that an experiment can use for an architecture, from general to specific: "R2U-Net" means
// every table of that name, "R2U-Net t=2" those with that t.
func references(a arch.Config) []string {
	names := []string{a.Name}
	for _, f := range a.Facets() {
		if f.In != arch.InSetting && !f.Default {
			names = append(names, names[len(names)-1]+" "+f.Text)
		}
	}
	return names
}
