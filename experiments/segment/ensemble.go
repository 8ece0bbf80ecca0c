package segment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"r2unet/datasets"
	"r2unet/evaluate"
	"r2unet/experiments/assess"
	"r2unet/experiments/marks"
	"r2unet/experiments/matrix"
	"r2unet/experiments/postprocess"
	"r2unet/experiments/training"
	"r2unet/internal/device"
	"r2unet/internal/model"
)

// Ensemble is a trained network on a device, or several of the same classes, whose probabilities are averaged: a point
// with the probability of the threshold in each of them has the probability of the threshold in their mean, because
// that is the mean too. Each prepares a picture as it was trained, and calibrates by its own temperature.
type Ensemble struct {
	Settings  // as they are used
	device    device.Device
	members   []*member
	threshold string // where it is from; "" = it was given, or is the default
	steps     postprocess.Steps
}

// member is a network of an ensemble.
type member struct {
	path    string // of the checkpoint
	trained training.Trained
	place   *place
	way     assess.Predictor // through windows and symmetries
}

// place is a model that members of one configuration take turns in, so that the device holds its maps once.
type place struct {
	*model.Model
	users  int
	holder *member // whose weights it has
}

// Load reads checkpoints and builds their networks on a device. Errors are those of the checkpoints and settings.
func Load(ctx context.Context, dev device.Device, checkpoints []string, s Settings) (*Ensemble, error) {
	e, err := readAll(ctx, dev, checkpoints, s)
	if err == nil {
		err = e.build(ctx)
	}
	return e, err
}

// readAll reads checkpoints of networks that are to be built on a device.
func readAll(ctx context.Context, dev device.Device, checkpoints []string, s Settings) (*Ensemble, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	e := &Ensemble{Settings: s, device: dev}
	for _, path := range checkpoints {
		trained, err := await(ctx, func() (training.Trained, error) { return training.ReadTrained(path) })
		if err != nil {
			return nil, err
		}
		if at := slices.IndexFunc(e.members, func(m *member) bool { return m.trained.Hash == trained.Hash }); at >= 0 {
			return nil, fmt.Errorf("-checkpoint %s: has the same content as %s, which would count twice",
				path, e.members[at].path)
		}
		e.members = append(e.members, &member{path: path, trained: trained})
	}
	if len(e.members) == 0 {
		return nil, errors.New("-checkpoint: none is given")
	}
	// sums are in an order that the order of the flags does not change
	slices.SortFunc(e.members, func(a, b *member) int { return strings.Compare(a.trained.Hash, b.trained.Hash) })
	return e, e.agree()
}

// agree checks that the members can be averaged under the settings, and completes these.
func (e *Ensemble) agree() error {
	first := e.members[0]
	for _, m := range e.members {
		if _, _, err := e.windows(m.trained.Config.Dataset.Patch); err != nil {
			return err
		}
		if a, b := first.classes(), m.classes(); a.Indices() != b.Indices() {
			return fmt.Errorf("the networks tell different classes apart and cannot be averaged: %s in %s, %s in %s",
				cmp.Or(a.Indices(), "foreground"), first.path, cmp.Or(b.Indices(), "foreground"), m.path)
		}
	}
	switch {
	case e.Classes() != nil && e.Threshold != 0:
		return fmt.Errorf("-threshold %g: the network has %d classes, of which masks hold the most probable one: "+
			"leave it out", e.Threshold, len(e.Classes()))
	case e.Uncertainty && len(e.members) == 1:
		return errors.New("-uncertainty: is the deviation of several networks; name more checkpoints")
	}
	var err error
	if e.TTA, err = e.tested("tta", e.TTA, func(t matrix.Training) string { return t.TTA }); err != nil {
		return err
	}
	if _, err := matrix.Passes(e.TTA); err != nil {
		return fmt.Errorf("-tta %w", err)
	}
	if e.Post, err = e.tested("post", e.Post, func(t matrix.Training) string { return t.Post }); err != nil {
		return err
	}
	if e.steps, err = postprocess.Parse(e.Post); err == nil {
		err = e.steps.Check(e.Classes() != nil)
	}
	switch {
	case err != nil:
		return fmt.Errorf("-post %w", err)
	case e.steps.Thresholds() && e.Threshold != 0:
		return fmt.Errorf("-threshold %g: hysteresis of -post has thresholds of its own: leave one out", e.Threshold)
	}
	e.Post = e.steps.String()
	e.chooseThreshold()
	return nil
}

// tested returns a setting's value: the one given, or that with which all members were tested, "" if that is "none".
func (e *Ensemble) tested(key, given string, of func(matrix.Training) string) (string, error) {
	first := e.members[0]
	for _, m := range e.members {
		if a, b := of(first.trained.Config.Training), of(m.trained.Config.Training); given == "" && a != b {
			return "", fmt.Errorf("the networks were tested with different %s, %q in %s and %q in %s: name one with "+
				"-%s, or none", key, a, first.path, b, m.path, key)
		}
	}
	given = cmp.Or(given, of(first.trained.Config.Training))
	if given == matrix.TTANone || given == postprocess.None {
		return "", nil
	}
	return given, nil
}

// chooseThreshold sets the threshold if none is given.
func (e *Ensemble) chooseThreshold() {
	if e.Threshold != 0 {
		return
	}
	var own []string
	sum, chosen := 0.0, false
	for _, m := range e.members {
		cut := cmp.Or(m.trained.Chosen.Cut, evaluate.DefaultThreshold)
		sum += cut
		own = append(own, fmt.Sprintf("%.3g", cut))
		chosen = chosen || m.trained.Chosen.Cut != 0
	}
	e.Threshold = sum / float64(len(e.members))
	switch {
	case !chosen || e.Classes() != nil:
	case len(e.members) == 1:
		e.threshold = fmt.Sprintf("threshold %g, which the network's %s images have chosen",
			e.Threshold, e.members[0].trained.Config.Training.Threshold)
	default:
		e.threshold = fmt.Sprintf("threshold %.4g, the mean of the networks' own: %s",
			e.Threshold, strings.Join(own, ", "))
	}
}

// build builds the networks on the device.
func (e *Ensemble) build(ctx context.Context) error {
	_, err := await(ctx, func() (bool, error) { return true, e.buildAll() })
	return err
}

func (e *Ensemble) buildAll() error {
	for i, m := range e.members {
		for _, other := range e.members[:i] {
			if reflect.DeepEqual(other.trained.Network(), m.trained.Network()) {
				m.place = other.place
				break
			}
		}
		if m.place == nil {
			net, err := model.New(m.trained.Network(), e.device)
			if err != nil {
				return fmt.Errorf("checkpoint %s: %w", m.path, err)
			}
			m.place = &place{Model: net}
		}
		m.place.users++
		if err := m.enter(); err != nil { // so that a misfit is found now
			return err
		}
		windows, cut, err := e.windows(m.trained.Config.Dataset.Patch)
		if err != nil {
			return err
		}
		m.way = m.place
		if cut {
			m.way = windows.Of(m.place)
		}
		if m.way, err = assess.Symmetric(m.way, e.TTA); err != nil {
			return fmt.Errorf("-tta %w", err)
		}
	}
	for _, m := range e.members {
		if m.place.users == 1 {
			m.trained.Tensors = nil // the device has them
		}
	}
	return nil
}

// enter puts the member's weights into its place.
func (m *member) enter() error {
	if m.place.holder == m {
		return nil
	}
	m.place.holder = nil
	if err := m.place.Restore(m.trained.Tensors); err != nil {
		return fmt.Errorf("checkpoint %s: %w", m.path, err)
	}
	m.place.holder = m
	return nil
}

// Classes returns the classes that masks hold, the background first; nil if there is one foreground.
func (e *Ensemble) Classes() datasets.Classes { return e.members[0].classes() }

func (m *member) classes() datasets.Classes {
	if m.trained.Network().Outputs() > 1 {
		return m.trained.Config.Dataset.Classes
	}
	return nil
}

// Hash identifies the networks by their content; that of one is its checkpoint's.
func (e *Ensemble) Hash() string {
	var hashes []string
	for _, m := range e.members {
		hashes = append(hashes, m.trained.Hash)
	}
	if len(hashes) == 1 {
		return hashes[0]
	}
	return marks.Hash([]byte(strings.Join(hashes, " ")))
}

// Describe says which networks these are, what they were trained on and on which device they are: "U-Net, trained on
// DRIVE, on cpu: …", "mean of 3 networks (2× U-Net, R2U-Net t=2), …".
func (e *Ensemble) Describe() string {
	return fmt.Sprintf("%s, trained on %s, on %s", e.networks(), e.trainedOn(), e.device.Describe())
}

func (e *Ensemble) networks() string {
	networks := counted(e.members, func(m *member) string {
		return matrix.ArchitectureTitle(m.trained.Config.Architecture)
	})
	if len(e.members) == 1 {
		return networks
	}
	return fmt.Sprintf("mean of %d networks (%s)", len(e.members), networks)
}

// trainedOn lists the datasets of the members.
func (e *Ensemble) trainedOn() string {
	var names []string
	for _, m := range e.members {
		name := m.trained.Config.Dataset.Name
		if m.trained.Config.Phantom {
			name += " (phantom)"
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// Notes says in a line each what else decides about the results: temperature, threshold, classes, symmetries, windows.
func (e *Ensemble) Notes() []string {
	var notes []string
	note := func(format string, about ...any) { notes = append(notes, fmt.Sprintf(format, about...)) }
	for _, m := range e.members {
		run := filepath.Dir(m.path)
		if _, status := stateOf(run); status != "" && status != evaluate.Finished {
			note("warning: the run %s is not finished: its network is that of the last epoch so far", run)
		}
	}
	if passes, _ := matrix.Passes(e.TTA); passes > 1 {
		note("each image is predicted under %d symmetries (%s), and the mean taken", passes, e.TTA)
	}
	if e.Window > 0 {
		note("windows of %d px, which overlap by %g, with Gaussian weights", e.Window, e.Overlap)
	}
	if e.Post != "" {
		note("masks are processed: %s", e.Post)
	}
	if e.Classes() != nil {
		note("masks hold the most probable class: %s", e.Classes().Indices())
		return notes
	}
	switch m := e.members[0]; {
	case len(e.members) == 1 && m.trained.Chosen.Temperature != 0:
		note("probabilities at temperature %g, which the network's validation images have chosen",
			m.trained.Chosen.Temperature)
	case slices.ContainsFunc(e.members, func(m *member) bool { return m.trained.Chosen.Temperature != 0 }):
		note("probabilities at the temperature that each network's validation images have chosen")
	}
	if e.threshold != "" && !e.steps.Thresholds() {
		note("%s", e.threshold)
	}
	return notes
}

// counted lists what the members are, with the number of those that are the same.
func counted(members []*member, of func(*member) string) string {
	count := map[string]int{}
	var list []string
	for _, m := range members {
		if text := of(m); count[text] == 0 {
			list = append(list, text)
		}
		count[of(m)]++
	}
	slices.Sort(list)
	for i, text := range list {
		if n := count[text]; n > 1 {
			list[i] = fmt.Sprintf("%d× %s", n, text)
		}
	}
	return strings.Join(list, ", ")
}
