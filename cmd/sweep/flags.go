package main

import (
	"flag"
	"fmt"
	"time"

	"r2unet/experiments"
	"r2unet/experiments/claim"
	"r2unet/experiments/matrix"
	"r2unet/internal/cli"
)

// selectFlags adds the flags that say which runs there are, where their data are and where their results go. They mean
// the same for every verb, and only the same flags list the same runs.
func selectFlags(flags *flag.FlagSet, o *experiments.Options) {
	flags.StringVar(&o.Config, "config", "experiments.toml",
		"TOML `file` of architectures, datasets, profiles and experiments")
	flags.StringVar(&o.Profile, "profile", "",
		"`name` of the profile to run (default: the only one of the file, or else "+matrix.UsualProfile+")")
	flags.StringVar(&o.Data, "data", "",
		"`folder` with the datasets; a missing dataset is drawn as a phantom, and without this flag all are")
	flags.StringVar(&o.Out, "out", "results", "`folder` for results")
	flags.StringVar(&o.Only, "only", "",
		"`selection` of runs, such as 'dataset=DRIVE,arch=R2U-Net t=2|U-Net'; keys: "+matrix.SelectionKeys())
	flags.StringVar(&o.Device, "device", "auto",
		"`kind` of device: auto, cpu, cuda (in a build with it: make cuda), or ref (plain Go, slow)")
	flags.StringVar(&o.Precision, "precision", "",
		"`precision` of convolutions: fp32, or tf32 of -device cuda, or bf16 of -device cpu "+
			"(default: the profile's, or else fp32)")
	flags.Uint64Var(&o.Seed, "seed", 1, "`seed` of every random stream, for experiments that name none")
}

// deviceFlags adds the flags of computing that change no result.
func deviceFlags(flags *flag.FlagSet, o *experiments.Options) {
	flags.IntVar(&o.Threads, "threads", 0, "`number` of threads of the device; 0 means all. It changes no result")
	flags.IntVar(&o.GPU, "gpu", 0, "`number` of the GPU of -device cuda")
	flags.BoolVar(&o.AnyKernels, "any-kernels", false,
		"resume runs that started with other kernels (another processor or device); their rows say so")
	flags.BoolVar(&o.Verbose, "v", false, "log every step")
	flags.DurationVar(&o.Heartbeat, "heartbeat", claim.Every,
		"`time` between two signs of life in the run's folder; another machine takes a run over after nine without one")
}

// checkDeviceFlags returns an error if a value of deviceFlags is impossible and nothing else would find it.
func checkDeviceFlags(o *experiments.Options) error {
	if o.Heartbeat < 10*time.Millisecond || o.Heartbeat > time.Hour {
		return &cli.InputError{Err: fmt.Errorf("-heartbeat %v: want 10ms to 1h", o.Heartbeat)}
	}
	return nil
}
