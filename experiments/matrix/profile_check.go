package matrix

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"r2unet/datasets"
)

// folderName matches valid names of profiles; results go into a folder of that name.
var folderName = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}_.-]{0,63}$`)

// foldersOf maps the profiles' folders, in lower case because some file systems ignore case, to the first profile of
// each.
func foldersOf(profiles []string) map[string]string {
	folders := map[string]string{}
	for _, name := range profiles {
		folder := strings.ToLower(name)
		folders[folder] = cmp.Or(folders[folder], name)
	}
	return folders
}

// checkFolder rejects a profile whose folder would be outside the results folder or belong to something else.
func checkFolder(name string, folders map[string]string) error {
	if !folderName.MatchString(name) {
		return fmt.Errorf("%q cannot name a results folder: use at most 64 letters, digits, hyphens, underscores "+
			"and dots, a letter or digit first",
			name)
	}
	if !filepath.IsLocal(name) || strings.HasSuffix(name, ".") && filepath.Separator == '\\' {
		return fmt.Errorf("%q cannot name a folder on this system: choose another name", name)
	}
	if strings.EqualFold(name, "cache") { // some file systems ignore case
		return errors.New(`"cache" is the folder of prepared images: choose another name`)
	}
	if other := folders[strings.ToLower(name)]; other != name {
		return fmt.Errorf("%q and %q differ only in upper and lower case, which some systems do not tell apart: "+
			"choose another name",
			name, other)
	}
	if i := strings.LastIndexByte(name, '-'); i > 0 && folders[strings.ToLower(name[:i])] != "" {
		if n, err := strconv.Atoi(name[i+1:]); err == nil && n > 1 {
			return fmt.Errorf("%q is the folder that -fresh begins for profile %q: choose another name",
				name, folders[strings.ToLower(name[:i])])
		}
	}
	return nil
}

// checkProfile returns the errors of one profile.
func (d decoder) checkProfile(name string, p Profile, folders map[string]string, experiments, datasets []string) error {
	table := "profile." + name
	if err := checkFolder(name, folders); err != nil {
		return fmt.Errorf("%s: profile: %w", d.place(table, ""), err)
	}
	for _, way := range p.points {
		p.Training = way.training
		if err := p.Validate(); err != nil {
			return d.settingError(table, "profile "+name, err, table+".search.space")
		}
	}
	errs := []error{d.known(table, "experiments", p.Experiments, experiments)}
	for _, dataset := range sortedKeys(p.overrides) {
		place, o := table+".dataset."+dataset, p.overrides[dataset]
		if err := d.known(place, "", []string{dataset}, datasets); err != nil {
			errs = append(errs, err)
			continue
		}
		var err error
		for _, way := range o.points {
			err = cmp.Or(err, way.training.Validate())
		}
		if err = cmp.Or(err, o.Config.Validate()); err != nil {
			own := fmt.Sprintf("dataset[%d]", slices.Index(datasets, dataset))
			what := fmt.Sprintf("profile %s, dataset %s", name, dataset)
			errs = append(errs, d.settingError(place, what, err, own, table))
		}
	}
	return errors.Join(errs...)
}

func datasetNames(configs []datasets.Config) []string {
	var names []string
	for _, c := range configs {
		names = append(names, c.Name)
	}
	return names
}
