package datasets

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestACopyInAFolderOfImagesDisplacesNothing puts another picture of a photograph's name into a folder called images.
func TestACopyInAFolderOfImagesDisplacesNothing(t *testing.T) {
	for what, from := range map[string]string{"another picture": "Image_01R.jpg", "the same picture": "Image_01L.jpg"} {
		root := brokenCopy(t, "CHASE_DB1", func(dir string) {
			images := filepath.Join(dir, "flipped", "images")
			if err := os.MkdirAll(images, 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.Link(filepath.Join(dir, from), filepath.Join(images, "Image_01L.jpg")); err != nil {
				t.Fatal(err)
			}
		})
		_, err := opened(t, "CHASE_DB1", root, nil)
		switch same := from == "Image_01L.jpg"; {
		case same && err != nil:
			t.Errorf("%s: %v", what, err)
		case !same && (err == nil || !strings.Contains(err.Error(),
			"CHASE_DB1/Image_01L.jpg: is named like flipped/images/Image_01L.jpg, and is another picture")):
			t.Errorf("%s: %v", what, err)
		}
	}
}
