package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"r2unet/experiments"
	"r2unet/experiments/engines"
	"r2unet/internal/cli"
)

// submission is the command line of sweep submit.
type submission struct {
	options    experiments.Options
	engine     string
	send       bool
	atOnce     int
	limit      time.Duration
	sbatch     options
	kubernetes engines.Kubernetes
	cluster    engines.Cluster
	repeat     int
	speed      float64
}

// options are those of another program, as a flag that may be repeated.
type options []string

func (o *options) String() string { return strings.Join(*o, " ") }

// ownOptions are those of sbatch that say which runs a job computes, where it writes and when it is stopped.
var ownOptions = []string{
	"--array", "--dependency", "--error", "--nodes", "--no-requeue", "--ntasks", "--open-mode", "--output", "--signal",
	"--wrap",
}

// Set adds one.
func (o *options) Set(text string) error {
	if !strings.HasPrefix(text, "--") || strings.ContainsAny(text, "\r\n") {
		return errors.New("want one option that begins with --")
	}
	if name, _, _ := strings.Cut(strings.Fields(text)[0], "="); slices.Contains(ownOptions, name) {
		return fmt.Errorf("%s is set by the script itself, which needs it to compute each run once", name)
	}
	*o = append(*o, text)
	return nil
}

// runSubmit hands the runs of a profile to a scheduler.
func runSubmit(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("submit", flag.ExitOnError)
	s := submission{options: experiments.Options{Stdout: cli.Stderr, Plan: true}}
	selectFlags(flags, &s.options)
	flags.BoolVar(&s.options.AnyKernels, "any-kernels", false,
		"resume runs that started with other kernels (another processor or device); their rows say so")
	flags.StringVar(&s.engine, "engine", "",
		"`name` of the engine: slurm, kubernetes, or simulation, which computes nothing")
	flags.BoolVar(&s.send, "send", false, "submit it, by sbatch or kubectl, instead of printing it")
	flags.IntVar(&s.atOnce, "at-once", 0, "`number` of runs at once; 0 means as many as the cluster has room for")
	flags.IntVar(&s.options.Threads, "threads", 2, "`number` of threads, and of processors, of each run")
	flags.DurationVar(&s.limit, "limit", 0,
		"slurm: longest `time` limit of a task; a longer run is saved, stopped and queued again (0 = none)")
	flags.Var(&s.sbatch, "sbatch", "slurm: further `option` of sbatch, such as --partition=long; may be repeated")
	flags.StringVar(&s.kubernetes.Image, "image", "sweep", "kubernetes: `name` of the image, see Containerfile")
	flags.StringVar(&s.kubernetes.DataClaim, "data-claim", "sweep-data",
		"kubernetes: `name` of the volume claim with the folder of -data")
	flags.StringVar(&s.kubernetes.ResultsClaim, "results-claim", "sweep-results",
		"kubernetes: `name` of the volume claim for results")
	flags.StringVar(&s.kubernetes.Queue, "queue", "", "kubernetes: `name` of a local queue of Kueue")
	flags.IntVar(&s.repeat, "repeat", 1, "simulation: `number` of times that each run counts, as with so many seeds")
	flags.Float64Var(&s.speed, "speed", 1, "simulation: `factor` by which a worker is faster than this machine")
	flags.DurationVar(&s.cluster.Failure, "failure", 24*time.Hour,
		"simulation: mean `time` between two failures of a worker")
	flags.DurationVar(&s.cluster.Repair, "repair", 10*time.Minute,
		"simulation: `time` until a failed worker works again")
	flags.Float64Var(&s.cluster.Fault, "fault", 0.01, "simulation: `share` of attempts that fail by themselves")
	flags.Float64Var(&s.cluster.Spread, "spread", 0.25,
		"simulation: standard `deviation` of the logarithm of true over estimated time")
	cli.Usage(flags, "sweep submit -engine slurm|kubernetes [flags]",
		"Prints what hands the runs of a profile to a cluster, or submits it with -send: a script of array jobs\n"+
			"for Slurm, an Indexed Job for Kubernetes. Each task is one sweep run, and a last job is sweep collect.\n"+
			"docs/scale.md says how.",
		[][2]string{
			{"sweep submit -engine slurm -profile paper -data DIR -at-once 64 -limit 24h -send", "array jobs"},
			{"sweep submit -engine kubernetes -profile paper -data DIR -image registry.example/sweep", "a manifest"},
			{"sweep submit -engine simulation -profile paper -at-once 40", "how long 40 workers that fail would take"},
		}, func() string { return profiles(s.options.Config) })
	if err := cli.ParseFlags(flags, "sweep submit", args); err != nil {
		return err
	}
	render, known := map[string]func(experiments.Agenda) (string, *exec.Cmd, error){
		"slurm": s.slurm, "kubernetes": s.manifest, "simulation": s.simulation,
	}[s.engine]
	err := s.check(known)
	if err == nil {
		err = ofEngine(flags, s.engine)
	}
	if err != nil {
		return &cli.InputError{Err: err}
	}
	plan, err := experiments.NewAgenda(ctx, s.options)
	if err != nil {
		return err
	}
	text, command, err := render(plan)
	if err != nil {
		return &cli.InputError{Err: err}
	}
	if !s.send {
		_, err := fmt.Fprint(cli.Stdout, text)
		return err
	}
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(text), cli.Stdout, cli.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(command.Path), err)
	}
	return nil
}

// ofEngine returns an error for a flag that was given and is another engine's, as its usage begins with that name.
func ofEngine(flags *flag.FlagSet, engine string) (err error) {
	flags.Visit(func(f *flag.Flag) {
		of, _, _ := strings.Cut(f.Usage, ": ")
		if slices.Contains([]string{"slurm", "kubernetes", "simulation"}, of) && of != engine && err == nil {
			err = fmt.Errorf("-%s is for the engine %s; -engine is %q", f.Name, of, engine)
		}
	})
	return err
}

// kubernetesName is what a name in a manifest may be.
var kubernetesName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$`)

// checkNames refuses what cannot be part of a manifest.
func (s *submission) checkNames() error {
	k := s.kubernetes
	if k.Image == "" || strings.ContainsFunc(k.Image, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("-image %q: want the name of an image, without spaces", k.Image)
	}
	for _, name := range []struct{ flag, text string }{
		{"data-claim", k.DataClaim}, {"results-claim", k.ResultsClaim}, {"queue", k.Queue},
	} {
		if name.text != "" && !kubernetesName.MatchString(name.text) {
			return fmt.Errorf("-%s %q: want lower-case letters and digits, with - and . between", name.flag, name.text)
		}
	}
	return nil
}

// check refuses what no plan can mend.
func (s *submission) check(known bool) error {
	named := s.checkNames()
	switch {
	case !known:
		return fmt.Errorf("-engine %q: there are slurm, kubernetes and simulation", s.engine)
	case named != nil:
		return named
	case strings.ContainsAny(s.options.Config+s.options.Data+s.options.Out, "\r\n"):
		return errors.New("-config, -data and -out: a path with a line break cannot be part of a script")
	case s.options.Threads < 1:
		return fmt.Errorf("-threads %d: a task asks for 1 processor or more", s.options.Threads)
	case s.atOnce < 0:
		return fmt.Errorf("-at-once %d: want 0 or more", s.atOnce)
	case s.limit != 0 && s.limit < 2*engines.Grace:
		return fmt.Errorf("-limit %v: want %v or more, as runs are stopped %v ahead of it", s.limit, 2*engines.Grace,
			engines.Grace)
	case !(s.speed > 0):
		return fmt.Errorf("-speed %g: want more than 0", s.speed)
	case s.cluster.Failure < 0:
		return fmt.Errorf("-failure %v: want more than 0, or 0 for none", s.cluster.Failure)
	case s.cluster.Repair < 0:
		return fmt.Errorf("-repair %v: want 0 or more", s.cluster.Repair)
	case !(s.cluster.Fault >= 0 && s.cluster.Fault <= 1):
		return fmt.Errorf("-fault %g: want a share from 0 to 1", s.cluster.Fault)
	case !(s.cluster.Spread >= 0):
		return fmt.Errorf("-spread %g: want 0 or more", s.cluster.Spread)
	case s.repeat < 1:
		return fmt.Errorf("-repeat %d: want 1 or more", s.repeat)
	case s.engine == "simulation" && s.atOnce == 0:
		return errors.New("-engine simulation: -at-once says how many workers there are")
	case s.engine == "simulation" && s.send:
		return errors.New("-engine simulation: there is nothing to send")
	}
	return nil
}

// arguments returns those of `sweep run` and `sweep collect` that select the plan's runs, with paths as the tasks see
// them.
func (s *submission) arguments(p experiments.Agenda, config, data, out string) []string {
	device, precision := p.Device, "fp32"
	if kind, other, found := strings.Cut(device, "-"); found { // as in "cuda-tf32"
		device, precision = kind, other
	}
	args := []string{
		"-config", config, "-profile", p.Profile, "-out", out, "-device", device, "-precision", precision,
		"-seed", strconv.FormatUint(s.options.Seed, 10),
	}
	if data != "" {
		args = append(args, "-data", data)
	}
	if s.options.Only != "" {
		args = append(args, "-only", s.options.Only)
	}
	return args
}

// runArguments returns further ones of `sweep run`. A task whose run another process computes, or whose node was lost a
// moment ago, waits a little instead of ending at once to be queued again.
func (s *submission) runArguments() []string {
	args := []string{"-threads", strconv.Itoa(s.options.Threads), "-wait", "5m"}
	if s.options.AnyKernels {
		args = append(args, "-any-kernels")
	}
	return args
}

// slurm returns a script for Slurm, and the command that reads it.
func (s *submission) slurm(p experiments.Agenda) (string, *exec.Cmd, error) {
	paths := []string{s.options.Config, s.options.Data, s.options.Out}
	for i, path := range paths {
		if path == "" {
			continue
		}
		var err error
		if paths[i], err = filepath.Abs(path); err != nil {
			return "", nil, err
		}
	}
	program, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	if err := checkLasts(program); err != nil {
		return "", nil, err
	}
	if s.send {
		if _, err := exec.LookPath("sbatch"); err != nil {
			return "", nil, fmt.Errorf("-send: %w; run this where Slurm's commands are, or leave -send out", err)
		}
	}
	text, err := engines.Slurm{
		Program: program, Arguments: s.arguments(p, paths[0], paths[1], paths[2]), Out: paths[2],
		Run: s.runArguments(), Threads: s.options.Threads, AtOnce: s.atOnce, ArraySize: maxArraySize(),
		Limit: s.limit, Options: s.sbatch,
	}.Script(p)
	return text, exec.Command("bash"), err
}

// checkLasts refuses a program that is gone when the tasks start.
func checkLasts(program string) error {
	if strings.Contains(filepath.ToSlash(program), "/go-build") {
		return errors.New("go run removes its program when it ends, and the tasks need it: " +
			"go build -o FOLDER/sweep ./cmd/sweep, in a folder that all nodes share, and submit with that")
	}
	return nil
}

// maxArraySize asks Slurm how many tasks an array may have, and returns Slurm's usual number where it is not here.
func maxArraySize() int {
	const usual = 1001
	text, err := exec.Command("scontrol", "show", "config").Output()
	if err != nil {
		return usual
	}
	if found := regexp.MustCompile(`(?m)^MaxArraySize\s*=\s*(\d+)`).FindSubmatch(text); found != nil {
		if n, err := strconv.Atoi(string(found[1])); err == nil && n > 0 {
			return n
		}
	}
	return usual
}

// manifest returns one for Kubernetes, and the command that reads it.
func (s *submission) manifest(p experiments.Agenda) (string, *exec.Cmd, error) {
	text, err := os.ReadFile(s.options.Config)
	if err != nil {
		return "", nil, err
	}
	k, data := s.kubernetes, ""
	if s.options.Data == "" {
		k.DataClaim = ""
	} else {
		data = engines.ContainerData
	}
	if s.send {
		if _, err := exec.LookPath("kubectl"); err != nil {
			return "", nil, fmt.Errorf("-send: %w; leave -send out, and apply what is printed", err)
		}
	}
	k.Matrix, k.Threads, k.AtOnce, k.Run = string(text), s.options.Threads, s.atOnce, s.runArguments()
	k.Arguments = s.arguments(p, engines.ContainerConfig, data, engines.ContainerResults)
	manifest, err := k.Manifest(p)
	return manifest, exec.Command("kubectl", "apply", "-f", "-"), err
}

// simulation returns what would become of the runs on a cluster.
func (s *submission) simulation(p experiments.Agenda) (string, *exec.Cmd, error) {
	c := s.cluster
	c.Workers, c.Seed = s.atOnce, s.options.Seed
	for i := range p.Runs {
		p.Runs[i].Seconds /= s.speed
	}
	return engines.Compare(p, s.repeat, c), nil, nil
}
