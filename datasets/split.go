package datasets

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"r2unet/datasets/files"
)

// Split says which images train, validate and test in one fold, each list sorted by name. Validation is empty where validation patches
// are drawn from the training images.
type Split struct {
	Train      []string `json:"train"`
	Validation []string `json:"validation"`
	Test       []string `json:"test"`
}

// Divide divides labelled images by the configuration's protocol, one split a fold: a function of the file names and the seed, in whose
// place a split-seed steps.
func (d *Description) Divide(entries []files.Entry, c Config, seed uint64) ([]Split, error) {
	c = c.withDefaults(d)
	if c.SplitSeed > 0 {
		seed = uint64(c.SplitSeed)
	}
	var all []Split
	var err error
	if c.Split == "kfold" {
		all, err = kFold(entries, c.Folds, seed)
	} else {
		all, err = d.split(entries, c, seed)
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
			return nil, fmt.Errorf("split %s: of %s, %d would be trained on and %d tested; each needs 1 at least", d.Name, counted(entries), len(s.Train), len(s.Test))
		}
	}
	return all, nil
}

// counted tells how many images there are, and of which parts.
func counted(entries []files.Entry) string {
	n := map[string]int{}
	for _, e := range entries {
		n[e.Part]++
	}
	text := fmt.Sprintf("%d labelled images", len(entries))
	if n[""] == len(entries) {
		return text
	}
	return fmt.Sprintf("%s (%d train, %d validation, %d test, as their folders or names tell)", text, n["train"], n["validation"], n["test"])
}

// byPart follows the layout of the files.
func byPart(entries []files.Entry) (s Split) {
	for _, e := range entries {
		switch e.Part {
		case "train":
			s.Train = append(s.Train, e.ID)
		case "validation":
			s.Validation = append(s.Validation, e.ID)
		case "test":
			s.Test = append(s.Test, e.ID)
		}
	}
	return s
}

// officialOrHeldOut tests on the test part, or, where it has no labels, on a quarter of the training part.
func officialOrHeldOut(entries []files.Entry, _ Config, seed uint64) ([]Split, error) {
	s := byPart(entries)
	if len(s.Test) > 0 {
		return []Split{s}, nil
	}
	return drawn(entries, []int{0, (len(entries) + 3) / 4}, byPatient, seed)
}

func leaveOneOut(entries []files.Entry, _ Config, _ uint64) ([]Split, error) {
	all := make([]Split, len(entries))
	for i, tested := range entries {
		all[i].Test = []string{tested.ID}
		for _, e := range entries {
			if e.Subject != tested.Subject {
				all[i].Train = append(all[i].Train, e.ID)
			}
		}
	}
	return all, nil
}

// Units of drawing: what may not be torn apart.
func byImage(e files.Entry) string   { return e.ID }
func byPatient(e files.Entry) string { return e.Subject }

// drawn draws a single split: about counts[0] images to validate, counts[1] to test, in whole units; the rest trains.
func drawn(entries []files.Entry, counts []int, unit func(files.Entry) string, seed uint64) ([]Split, error) {
	var s Split
	for _, group := range shuffled(entries, unit, seed) {
		switch {
		case len(s.Test) < counts[1]:
			s.Test = append(s.Test, group...)
		case len(s.Validation) < counts[0]:
			s.Validation = append(s.Validation, group...)
		default:
			s.Train = append(s.Train, group...)
		}
	}
	return []Split{s}, nil
}

// kFold deals the patients out to k folds of nearly equal numbers of images and tests each fold with the others as training images.
func kFold(entries []files.Entry, k int, seed uint64) ([]Split, error) {
	groups := shuffled(entries, byPatient, seed)
	if len(groups) < k {
		return nil, fmt.Errorf("folds = %d: there are only %d patients", k, len(groups))
	}
	parts := make([][]string, k)
	for _, group := range groups {
		smallest := 0
		for i := range parts {
			if len(parts[i]) < len(parts[smallest]) {
				smallest = i
			}
		}
		parts[smallest] = append(parts[smallest], group...)
	}
	all := make([]Split, k)
	for i := range all {
		for j, part := range parts {
			if i == j {
				all[i].Test = slices.Clone(part)
			} else {
				all[i].Train = append(all[i].Train, part...)
			}
		}
	}
	return all, nil
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
	for _, group := range shuffled(training, byPatient, seed^uint64(fold+1)) {
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
