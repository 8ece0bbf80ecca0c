package datasets

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"r2unet/datasets/files"
)

// Split says which images train, validate and test in one fold, each list sorted by name. Validation is empty where
// validation patches are drawn from the training images.
type Split struct {
	Train      []string `json:"train"`
	Validation []string `json:"validation"`
	Test       []string `json:"test"`
}

// Divide divides labelled images by the configuration's protocol, one split a fold: a function of the file names and
// the seed, in whose place a split-seed steps.
func (d *Description) Divide(entries []files.Entry, c Config, seed uint64) ([]Split, error) {
	c = c.withDefaults(d)
	if c.SplitSeed > 0 {
		seed = uint64(c.SplitSeed)
	}
	var all []Split
	var err error
	if c.Split == "kfold" {
		all, err = kFold(entries, c.Folds, seed)
	} else if p := d.protocol(c.Split); p != nil {
		all, err = p.Divide(entries, seed)
	} else {
		err = fmt.Errorf("split = %q: must be %s", c.Split, alternatives(d.SplitNames()))
	}
	if err != nil {
		return nil, fmt.Errorf("split %s: %w", d.Name, err)
	}
	for i := range all {
		s := &all[i]
		if len(s.Validation) == 0 && (c.Patch == 0 || c.Validation == "images") {
			s.holdOut(entries, seed, i)
		}
		for _, list := range [][]string{s.Train, s.Validation, s.Test} {
			slices.Sort(list)
		}
		if len(s.Train) == 0 || len(s.Test) == 0 {
			return nil, fmt.Errorf("split %s: of %s, %d would be trained on and %d tested; each needs 1 at least%s",
				d.Name, counted(entries, c.Split), len(s.Train), len(s.Test), fewPatients(entries, c))
		}
	}
	return all, nil
}

// fewPatients says that images are of too few patients to divide, and which key told so; "" where they are not.
func fewPatients(entries []files.Entry, c Config) string {
	patients := map[string]bool{}
	for _, e := range entries {
		patients[e.Subject] = true
	}
	if n := len(patients); n < leastPatients && n < len(entries) && !isList(c.Split) && c.Split != ByFolder {
		finds := "they are of"
		if c.Patient != "" {
			finds = fmt.Sprintf("patient = %q finds", c.Patient)
		}
		return fmt.Sprintf(", and %s %s, and patients stay whole: to train, validate and test takes %d", finds,
			counted1(n, "patient", "patients"), leastPatients)
	}
	return ""
}

// counted tells how many images there are, and of which parts, as the list of the split or names tell.
func counted(entries []files.Entry, split string) string {
	n := map[string]int{}
	for _, e := range entries {
		n[e.Part]++
	}
	text := fmt.Sprintf("%d labelled images", len(entries))
	if n[""] == len(entries) {
		return text
	}
	tells := "their folders or names tell"
	if isList(split) {
		tells = split + " tells"
	}
	return fmt.Sprintf("%s (%d train, %d validation, %d test, as %s)",
		text, n["train"], n["validation"], n["test"], tells)
}

// UnusedParts says which validation and test parts have images that no split uses, as "does not use …"; "" where
// there are none.
func UnusedParts(entries []files.Entry, splits []Split) string {
	used := map[string]bool{}
	for _, s := range splits {
		for _, id := range slices.Concat(s.Train, s.Validation, s.Test) {
			used[id] = true
		}
	}
	unused := map[string]int{}
	for _, e := range entries {
		if !used[e.ID] {
			unused[e.Part]++
		}
	}
	var parts []string
	for _, part := range []string{"validation", "test"} {
		if n := unused[part]; n > 0 {
			parts = append(parts, fmt.Sprintf("the %s part's %d labelled image%s", part, n, "s"[:min(n-1, 1)]))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "does not use " + strings.Join(parts, " and ") + `; split = "official" does`
}

// shuffled groups the images by unit and puts the groups in an order drawn from the seed.
func shuffled(entries []files.Entry, unit func(files.Entry) string, seed uint64) [][]string {
	var order []string
	groups := map[string][]string{}
	for _, e := range entries {
		u := unit(e)
		if groups[u] == nil {
			order = append(order, u)
		}
		groups[u] = append(groups[u], e.ID)
	}
	slices.Sort(order)
	r := stream(seed, "split", 0, 0)
	r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	out := make([][]string, len(order))
	for i, u := range order {
		out[i] = groups[u]
	}
	return out
}

// holdOut moves a tenth of the training images, whole patients, to validation.
func (s *Split) holdOut(entries []files.Entry, seed uint64, fold int) {
	var training []files.Entry
	for _, e := range entries {
		if slices.Contains(s.Train, e.ID) {
			training = append(training, e)
		}
	}
	want := max(1, len(training)/10)
	s.Train = nil
	for _, group := range shuffled(training, ByPatient, seed^uint64(fold+1)) {
		if len(s.Validation) < want {
			s.Validation = append(s.Validation, group...)
		} else {
			s.Train = append(s.Train, group...)
		}
	}
}

// stream is the random stream of a purpose: two calls with the same arguments give the same numbers.
func stream(seed uint64, purpose string, epoch, index int) *rand.Rand {
	h := uint64(14695981039346656037) // FNV-1a
	for i := range len(purpose) {
		h = (h ^ uint64(purpose[i])) * 1099511628211
	}
	a := mix(seed ^ mix(h))
	return rand.New(rand.NewPCG(a, mix(a^mix(uint64(epoch)<<32^uint64(index)))))
}

// mix is the finalizer of SplitMix64, which spreads neighbouring numbers over all of 2⁶⁴.
func mix(v uint64) uint64 {
	v += 0x9e3779b97f4a7c15
	v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
	v = (v ^ v>>27) * 0x94d049bb133111eb
	return v ^ v>>31
}
