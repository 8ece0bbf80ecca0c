package datasets

import (
	"path"
	"slices"
	"strings"
	"unicode"

	"r2unet/datasets/files"
)

// fileGroup is pictures of one folder, or of folders that differ in one name, which are called alike.
type fileGroup struct {
	folder  string   // with * for a name that differs; "" = the dataset's own
	prefix  string   // what all stems begin with, such as "mask_"; "" = none
	suffix  string   // what all stems end with, such as "_mask"; "" = none
	endings []string // with the dot, in lower case, sorted
	files   []string
	only    []string // of the names that the first * of folder stands for, those that count; nil = all
}

// groupsOf divides the pictures of a folder into groups, those of most files first.
func groupsOf(paths []string) []*fileGroup {
	type key struct{ folder, prefix, suffix, ending string }
	stems, twins := map[string]bool{}, map[string]int{}
	var pictures []string
	for _, file := range paths {
		if stem, ok := files.Stem(file); ok {
			pictures = append(pictures, file)
			at := path.Dir(file) + "/" + strings.ToLower(stem)
			stems[at] = true
			twins[at]++
		}
	}
	folders := wildFolders(pictures)
	split := map[string]bool{} // folders with files of one stem and two endings
	for _, file := range pictures {
		stem, _ := files.Stem(file)
		if twins[path.Dir(file)+"/"+strings.ToLower(stem)] > 1 {
			split[folders[path.Dir(file)]] = true
		}
	}
	groups := map[key]*fileGroup{}
	var order []key
	for _, file := range pictures {
		folder := folders[path.Dir(file)]
		suffix, ending := suffixOf(file, stems), endingOf(file)
		prefix := prefixOf(file)
		k := key{folder: folder, prefix: prefix, suffix: suffix}
		if split[folder] {
			k.ending = ending
		}
		g := groups[k]
		if g == nil {
			g = &fileGroup{folder: folder, prefix: prefix, suffix: suffix}
			groups[k] = g
			order = append(order, k)
		}
		g.files = append(g.files, file)
		if !slices.Contains(g.endings, ending) {
			g.endings = append(g.endings, ending)
			slices.Sort(g.endings)
		}
	}
	out := make([]*fileGroup, len(order))
	for i, k := range order {
		out[i] = groups[k]
	}
	slices.SortStableFunc(out, func(a, b *fileGroup) int { return len(b.files) - len(a.files) })
	return out
}

func endingOf(file string) string {
	stem, _ := files.Stem(file)
	return strings.ToLower(path.Base(file)[len(stem):])
}

// suffixOf is the end of a stem that tells what the file is: a word such as mask, or what comes behind the stem of
// another file of its folder.
func suffixOf(file string, stems map[string]bool) string {
	stem, _ := files.Stem(file)
	whole := wordRole(stem) != 0 // as mask.png, or as liver_mask.png beside liver.png
	for at := len(stem) - 1; at > 0; at-- {
		if strings.IndexByte("_-. ", stem[at]) < 0 {
			continue
		}
		word := stem[at+1:]
		beside := stems[path.Dir(file)+"/"+strings.ToLower(stem[:at])]
		if wordRole(word) != 0 && !whole || beside && hasLetter(word) {
			return stem[at:]
		}
	}
	if whole {
		return stem
	}
	return ""
}

// prefixOf is the word at the beginning of a stem that tells what the file is, as in "mask_01" and "mask01".
func prefixOf(file string) string {
	stem, _ := files.Stem(file)
	at := strings.IndexFunc(stem, func(r rune) bool { return !unicode.IsLetter(r) })
	if at <= 0 || wordRole(stem[:at]) == 0 {
		return ""
	}
	if strings.IndexByte("_-. ", stem[at]) >= 0 {
		at++
	}
	return stem[:at]
}

// wordRole is what a word of a file's name says about it, 0 for most.
func wordRole(word string) files.Role {
	if strings.ContainsAny(word, "0123456789/ ") {
		return 0
	}
	return files.FolderRole(word + "/x")
}

// roleFolder reports whether a folder's name says what is in it; one that ends with a number is one of several.
func roleFolder(name string) bool {
	return files.FolderRole(name+"/x") != 0 && strings.TrimRight(name, "0123456789") == name
}

func hasLetter(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r > '9' })
}

// fewFolders side by side, of many files each, are taken for folders of different files.
const fewFolders = 4

// wildFolders maps each folder to the pattern of its group: folders that differ in one name, which tells neither a role
// nor is the only one, have a * in its place.
func wildFolders(pictures []string) map[string]string {
	var all []string
	size := map[string]int{}
	for _, file := range pictures {
		size[path.Dir(file)]++
		if dir := path.Dir(file); !slices.Contains(all[max(0, len(all)-1):], dir) {
			all = append(all, dir)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	wild := func(dir string) string {
		names := strings.Split(dir, "/")
		for i, name := range names {
			if !roleFolder(name) && name != "." {
				names[i] = "*"
			}
		}
		return strings.Join(names, "/")
	}
	like, named := map[string][]string{}, map[string][]string{}
	for _, dir := range all {
		like[wild(dir)] = append(like[wild(dir)], dir)
		named[path.Base(dir)] = append(named[path.Base(dir)], dir)
	}
	mirrored := func(dir string) bool {
		return slices.ContainsFunc(named[path.Base(dir)], func(other string) bool {
			return wild(other) != wild(dir) && strings.Count(other, "/") == strings.Count(dir, "/")
		})
	}
	out := map[string]string{}
	for _, dir := range all {
		names, alike := strings.Split(dir, "/"), like[wild(dir)]
		for i := range names {
			// Few folders of many files each, with nothing below them, are not of one kind: one may hold labels. They
			// are of one kind where folders of another role have the same names, as images/s0 and masks/s0.
			few := i == len(names)-1 && len(alike) <= fewFolders && len(alike) < size[dir] &&
				files.FolderPart(names[i]+"/x") == ""
			differs := slices.ContainsFunc(alike, func(other string) bool {
				return strings.Split(other, "/")[i] != strings.Split(dir, "/")[i] && (!few || mirrored(other))
			})
			if differs && (!few || mirrored(dir)) {
				names[i] = "*"
			}
		}
		out[dir] = strings.TrimPrefix(strings.Join(names, "/"), ".")
	}
	return out
}

// place is the folder without names that say what is in it.
func (g *fileGroup) place() string {
	return strings.Join(slices.DeleteFunc(strings.Split(g.folder, "/"), roleFolder), "/")
}

// pattern is that of the group's files.
func (g *fileGroup) pattern() string {
	folder := g.folder
	switch len(g.only) {
	case 0:
	case 1:
		folder = strings.Replace(folder, "*", g.only[0], 1)
	default:
		folder = strings.Replace(folder, "*", "{"+strings.Join(g.only, ",")+"}", 1)
	}
	return joinFolder(folder, g.name(g.prefix+"*"))
}

// name is what files of the group are called, with something in the place of what tells them apart.
func (g *fileGroup) name(hold string) string {
	if stem, _ := files.Stem(g.files[0]); stem == g.suffix { // their folders do
		hold = ""
	}
	return hold + g.suffix + g.ending()
}

// ending is that of the group's files as in a pattern: ".png" or ".{jpg,png}".
func (g *fileGroup) ending() string {
	if len(g.endings) == 1 {
		return g.endings[0]
	}
	var names []string
	for _, e := range g.endings {
		names = append(names, e[1:])
	}
	return ".{" + strings.Join(names, ",") + "}"
}

func joinFolder(folder, name string) string {
	if folder == "" {
		return name
	}
	return folder + "/" + name
}

// key is what a file of the group has in common with its partner of another group.
func (g *fileGroup) key(file string) string {
	stem, _ := files.Stem(file)
	key := strings.ToLower(strings.TrimPrefix(strings.TrimSuffix(stem, g.suffix), g.prefix))
	for i, name := range strings.Split(g.folder, "/") {
		if name == "*" {
			key = strings.Split(file, "/")[i] + "/" + key
		}
	}
	return key
}

// belongingTo is the pattern of a group's files as those that belong to the images of another; "" where the folders
// of the two have their * in different places.
func (g *fileGroup) belongingTo(images *fileGroup) string {
	hold := g.prefix + "{*}"
	if images.suffix == "" && images.prefix == g.prefix {
		hold = "{stem}"
	}
	name, at, here := g.name(hold), strings.Index(images.folder, "*"), strings.Index(g.folder, "*")
	switch {
	case here < 0:
		return joinFolder(g.folder, name)
	case at < 0 || strings.Count(images.folder, "*") != strings.Count(g.folder, "*"):
		return ""
	case images.folder[at:] == g.folder[here:]: // {dir} is what folders are called from the first * on
		return g.folder[:here] + "{dir}/" + name
	}
	// From the folder of the image up to the last *, and down again.
	above, below, ok := cutLast(images.folder)
	other, down, okOther := cutLast(g.folder)
	if !ok || !okOther || above != other {
		return ""
	}
	up := strings.Repeat("../", strings.Count(below, "/"))
	return images.folder[:at] + "{dir}/" + up + strings.TrimPrefix(down+"/", "/") + name
}

// cutLast cuts a pattern behind its last *.
func cutLast(folder string) (before, after string, ok bool) {
	at := strings.LastIndex(folder, "*")
	if at < 0 {
		return "", "", false
	}
	return folder[:at+1], folder[at+1:], true
}
