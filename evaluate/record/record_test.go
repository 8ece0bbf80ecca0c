package record

import (
	"bytes"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestHistoryComesBack(t *testing.T) {
	rate, dice, sensitivity := 2e-4, 0.7, 0.0
	want := []Epoch{
		{1, 0.1, 0.2, 1.0 / 3, 0.4, 0.5, 0.6, &rate, &dice, &sensitivity},
		{Epoch: 2, TrainLoss: 1e-9, LearningRate: &rate},
	}
	var out bytes.Buffer
	if err := WriteHistory(&out, want); err != nil {
		t.Fatal(err)
	}
	if header, _, _ := strings.Cut(out.String(), "\n"); header !=
		"epoch,train_loss,train_mse,train_accuracy,validation_loss,validation_mse,validation_accuracy,"+
			"learning_rate,validation_dice,validation_sensitivity" {
		t.Errorf("the header is %s", header)
	}
	if got, err := ParseHistory(out.Bytes()); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	if got, err := ParseHistory([]byte("epoch,train_loss,validation_dice\n1,0.5,NaN\n")); err != nil || len(got) != 1 ||
		got[0] != (Epoch{Epoch: 1, TrainLoss: 0.5}) {
		t.Errorf("%v, %v from a file without the later columns; want them nil, and what is undefined too", got, err)
	}
}

func TestFoldersOfDatasets(t *testing.T) {
	for name, want := range map[string]string{
		"CHASE_DB1": "samples/chase_db1", "../x": "samples/x", "a / b.": "samples/a-b", "眼": "samples/e79cbc",
	} {
		got := SampleFolder(name, false)
		if got != want || !filepath.IsLocal(got) || SampleFolder(name, true) != want+"-phantom" {
			t.Errorf("pictures of %s are in %s, want %s", name, got, want)
		}
	}
}

func ExampleSlug() {
	fmt.Println(Slug("R2U-Net (t=2), 16…128"))
	// Output: r2u-net-t-2-16-128
}

func TestSlugIsAFileName(t *testing.T) {
	for name, want := range map[string]string{
		"R2U-Net": "r2u-net", "CHASE_DB1": "chase_db1", "../../etc/passwd": "etc-passwd", "a b  c": "a-b-c",
		"Ünet": "net", "..": "",
	} {
		if got := Slug(name); got != want {
			t.Errorf("Slug(%q) = %q; want %q", name, got, want)
		}
	}
}
