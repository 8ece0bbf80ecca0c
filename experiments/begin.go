package experiments

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"r2unet/datasets"
	"r2unet/experiments/matrix"
	"r2unet/internal/cli"
	"r2unet/internal/device/choose"
)

// beginUnlessStopped is begin with an error that says whether to try again. Hashing and drawing datasets, which take
// long, stop with the context; planning a large network may not.
func beginUnlessStopped(ctx context.Context, o Options) (s *sweep, selected, all []*job, err error) {
	type begun struct {
		sweep         *sweep
		selected, all []*job
	}
	var b begun
	err = cli.UnlessStopped(ctx, func(ctx context.Context) (err error) {
		b.sweep, b.selected, b.all, err = begin(ctx, o)
		if err == nil && ctx.Err() != nil {
			_ = b.sweep.session.device.Close()
			return ctx.Err()
		}
		return err
	})
	switch {
	case err == nil:
		return b.sweep, b.selected, b.all, nil
	case ctx.Err() != nil:
		return nil, nil, nil, ErrInterrupted
	}
	return nil, nil, nil, inputError(err)
}

// begin reads the matrix, opens device and datasets, and expands the runs: the selected ones, and all of the profile.
func begin(ctx context.Context, o Options) (s *sweep, selected, all []*job, err error) {
	file, err := o.matrix()
	if err != nil {
		return nil, nil, nil, err
	}
	profile, err := file.Profile(o.Profile)
	if err != nil {
		return nil, nil, nil, err
	}
	o.Profile = profile.Name
	selection, err := matrix.ParseSelection(o.Only)
	if err == nil {
		err = profile.CheckSelection(selection)
	}
	if err != nil {
		return nil, nil, nil, err
	}
	s = &sweep{file: file, profile: profile, opened: map[opening]*datasets.Dataset{}, networks: map[string]network{}}
	s.settings = settings{
		workers:   cmp.Or(o.Workers, max(1, runtime.GOMAXPROCS(0)/2)),
		saveEvery: time.Minute,
		timeBoth:  profile.TimeBoth,
		keep:      profile.Keep,
	}
	if profile.SaveSeconds > 0 {
		s.settings.saveEvery = time.Duration(profile.SaveSeconds * float64(time.Second))
	}
	if err := checkDataFolder(o.Data); err != nil {
		return nil, nil, nil, err
	}
	if _, err := existingFolder(o.Out); err != nil {
		return nil, nil, nil, err
	}
	ofProfile := o.Precision == ""
	o.Precision = cmp.Or(o.Precision, profile.Precision)
	if s.session, err = newSession(o); err != nil {
		if missing := new(choose.MissingPrecision); ofProfile && errors.As(err, &missing) {
			err = fmt.Errorf("profile %s: precision = %q: %w", profile.Name, o.Precision, missing)
			err = file.PlaceAt(profile, "", "precision", err)
		}
		return nil, nil, nil, err
	}
	if all, err = s.expand(ctx, selection); err == nil {
		selected, err = pick(all, selection)
	}
	if err != nil {
		_ = s.session.device.Close()
		return nil, nil, nil, err
	}
	return s, selected, all, nil
}

// matrix reads the TOML file, or parses the text that stands for it.
func (o Options) matrix() (*matrix.File, error) {
	if o.Text != "" {
		return matrix.Parse(o.Config, o.Text)
	}
	return matrix.Load(o.Config)
}

// checkDataFolder rejects a missing data folder: drawing phantoms instead would be a surprise.
func checkDataFolder(path string) error {
	if path == "" {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("-data: %w; name the folder that the datasets' folders are in, or leave the flag out to "+
			"draw phantoms of the known ones", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("-data: %s is no folder", path)
	}
	return nil
}

// pick returns the selected jobs.
func pick(all []*job, selection matrix.Selection) ([]*job, error) {
	var runs []matrix.Run
	for _, j := range all {
		runs = append(runs, j.run)
	}
	chosen, err := selection.Select(runs)
	var selected []*job
	for _, i := range chosen {
		selected = append(selected, all[i])
	}
	return selected, err
}
