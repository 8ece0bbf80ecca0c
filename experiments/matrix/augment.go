package matrix

import (
	"fmt"

	"github.com/BurntSushi/toml"

	"r2unet/datasets"
	"r2unet/datasets/augment"
)

// augmented decodes the [[dataset]] tables over the augmentation that a profile has for all datasets, so that a key
// of a dataset's own table wins, also where it is 0.
func (d decoder) augmented(all augment.Config, raw []toml.Primitive) ([]datasets.Config, error) {
	configs := make([]datasets.Config, len(raw))
	for i, primitive := range raw {
		configs[i].Augment = all
		if err := d.decode(fmt.Sprintf("dataset[%d]", i), primitive, &configs[i]); err != nil {
			return nil, err
		}
		configs[i] = configs[i].Plain()
	}
	return configs, nil
}

// checkAugment reports a dataset that the augmentation of a profile does not go with, such as hue and grey images.
func (f *File) checkAugment(p Profile) error {
	if p.bases == nil {
		return nil
	}
	for _, c := range f.DatasetConfigs(p) {
		if err := c.Validate(); err != nil {
			key := leadingKey.FindString(err.Error())
			return fmt.Errorf("%s: profile %s, dataset %s: %w", f.place(p, c.Name, key), p.Name, c.Name, err)
		}
	}
	return nil
}
