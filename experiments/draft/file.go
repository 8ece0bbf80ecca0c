package draft

import (
	"fmt"
	"regexp"
	"strings"

	"r2unet/datasets"
	"r2unet/evaluate/record"
	"r2unet/internal/cli"
)

// file is the TOML file of a draft.
type file struct {
	seen *seen
	plan *plan
	o    Options
}

func newFile(s *seen, p *plan, o Options) *file { return &file{s, p, o} }

// profileName is what the profile, and with it the folder of its results, is called.
func profileName(dataset string) string {
	switch name := record.Slug(dataset); name {
	case "":
		return "own"
	case "cache": // the folder of prepared images
		return "own-cache"
	default:
		return name
	}
}

// command is the command line that trains.
func (f *file) command() string {
	return fmt.Sprintf("go run ./cmd/sweep -config %s -data %s", quoted(f.o.Out), quoted(f.o.Data))
}

var plainWord = regexp.MustCompile(`^[-\w./\\:]+$`)

// quoted writes an argument for a shell.
func quoted(arg string) string {
	if plainWord.MatchString(arg) {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}

// seen lists what was found.
func (f *file) saw() (lines []string) {
	s := f.seen
	t := s.table
	lines = append(lines, fmt.Sprintf("%d pairs of %s and %s", s.Pairs, t.Images, t.Labels))
	if t.FOV != "" {
		lines[0] += ", with fields of view in " + t.FOV
	}
	sizes := fmt.Sprintf("%d×%d px", s.Sizes[0].Size.Width, s.Sizes[0].Size.Height)
	if n := len(s.Sizes); n > 1 {
		sizes = fmt.Sprintf("%d sizes, %d×%d px in the middle, at most %d px wide and %d px high",
			n, s.median.Width, s.median.Height, s.largest.Width, s.largest.Height)
	}
	colours := "grey"
	if s.Channels > 1 {
		colours = "in colour"
	}
	lines = append(lines, fmt.Sprintf("%s, %s, %d bits", sizes, colours, s.Bits))
	var values []string
	for _, v := range s.Labels {
		values = append(values, fmt.Sprintf("%s (%.1f %%)", v.Text, 100*v.Share))
	}
	labels := fmt.Sprintf("%.1f %% of the pixels of %d labels are labelled", 100*s.labelled,
		min(mostLoaded, len(s.Entries)))
	if s.width > 0 {
		labels += fmt.Sprintf(", in structures about %.0f px wide", s.width)
	}
	if len(values) > 0 {
		labels += "; values of labels: " + strings.Join(values, ", ")
	}
	return append(lines, labels)
}

// assumed lists what a user should know and may want to change.
func (f *file) assumed() (lines []string) {
	s, t := f.seen, f.seen.table
	lines = append(lines, s.Notes...)
	switch {
	case len(t.Classes) > 0:
		lines = append(lines, "the first class is the background")
	case len(s.Labels) == 2:
		lines = append(lines, "the lighter of the two values of labels is what is looked for")
	}
	if t.Patient == "" {
		hint := "an expression that finds the patient in the path of an image"
		if key, n := s.PatientHint(); key != "" {
			hint = fmt.Sprintf("such as %s, which finds %d patients in these %d images", key, n, len(s.Entries))
		}
		lines = append(lines, "each image is of another patient; if not, set patient, "+hint+
			", or test results are too good")
	}
	if t.Split == "" {
		lines = append(lines, "7 of 10 images train, 1 validates and 2 test, drawn at random")
	}
	return append(lines, f.plan.whySample)
}

// findings is what the console says.
func (f *file) findings() string {
	var b strings.Builder
	for _, l := range f.saw() {
		fmt.Fprintln(&b, "seen:   ", l)
	}
	for _, l := range f.assumed() {
		fmt.Fprintln(&b, "assumed:", l)
	}
	for _, l := range f.seen.Warnings {
		fmt.Fprintln(&b, "warning:", l)
	}
	return b.String()
}

// oneLine keeps what names of files hold from ending a comment.
func oneLine(text string) string {
	return strings.NewReplacer("\n", " ", "\r", " ", "\t", " ").Replace(cli.Printable(text))
}

const lineWidth = 110

// comment writes a list as comments, long entries on several lines.
func comment(b *strings.Builder, title string, lines []string) {
	fmt.Fprintf(b, "# %s\n", title)
	for _, l := range lines {
		line := "# -"
		for _, word := range strings.Fields(oneLine(l)) {
			if len(line)+1+len(word) > lineWidth {
				fmt.Fprintln(b, line)
				line = "#  "
			}
			line += " " + word
		}
		fmt.Fprintln(b, line)
	}
}

// text is the content of the file.
func (f *file) text() string {
	var b strings.Builder
	p, t := f.plan, f.seen.table
	fmt.Fprintf(&b, "# Drafted by sweep init. To train:\n#\n#     %s\n#\n", oneLine(f.command()))
	comment(&b, "Seen:", f.saw())
	comment(&b, "Assumed:", f.assumed())
	if len(f.seen.Warnings) > 0 {
		comment(&b, "Warnings:", f.seen.Warnings)
	}
	b.WriteString("# docs/init.md has the rules, experiments.toml and docs/ the other keys.\n")

	line := func(key, value, why string) {
		text := key + " = " + value
		if why != "" {
			text += " # " + why
		}
		fmt.Fprintln(&b, text)
	}
	b.WriteString("\n[[architecture]] # another one: a second table, such as block = \"recurrent-residual\" with t = " +
		"2, R2U-Net, and these channels\n")
	line("name", `"U-Net"`, "")
	line("block", `"forward"`, "")
	line("channels", strings.ReplaceAll(fmt.Sprint(p.channels), " ", ", "), p.whyChannels)

	b.WriteString("\n")
	t.Size = p.size
	b.WriteString((&datasets.Inspection{Table: t}).TOML())
	if p.patch > 0 {
		line("patch", fmt.Sprint(p.patch), "px")
		line("patches", fmt.Sprint(p.patches), "an epoch: as many pixels as the training images have")
		line("validation-patches", fmt.Sprint(p.validationPatches), "")
		if p.balanced {
			line("sampling", `"balanced"`, fmt.Sprintf("half on structures, as only %.1f %% of the pixels are labelled",
				100*f.seen.labelled))
		}
		if t.Split == datasets.ByFolder {
			line("validation", `"images"`, "whole ones, so that epochs are chosen on other images than those that "+
				"train")
		}
	}
	if t.FOV != "" {
		line("loss-region", `"fov"`, "")
	}
	line("augment", f.augment(), "")

	name := profileName(t.Name)
	fmt.Fprintf(&b, "\n[profile.%s]\n", name)
	line("epochs", fmt.Sprint(p.epochs), p.whyEpoch)
	line("batch", fmt.Sprint(p.batch), p.whyBatch)
	line("learning-rate", "1e-3", "of Adam")
	line("schedule", `"cosine"`, "falls to 0")
	line("initial-gain", "1", "He's start")
	if len(t.Classes) > 2 {
		line("loss", `"cross-entropy+dice"`, "")
	} else {
		line("loss", `"bce+dice"`, "")
	}
	line("select", `"dice"`, "the best epoch on validation images is tested")
	if len(t.Classes) <= 2 {
		line("threshold", `"validation"`, "of the best F1 there")
	}
	return b.String()
}

// augment are changes that keep a picture what it is: those of lwnet, with colours where there are some.
func (f *file) augment() string {
	keys := []string{"flip = true", "rotate = 45", "scale = 0.2", "brightness-factor = 0.25", "contrast-factor = 0.25"}
	if f.seen.channels == 3 {
		keys = append(keys, "saturation = 0.25", "hue = 0.01")
	}
	return "{ " + strings.Join(keys, ", ") + " }"
}
