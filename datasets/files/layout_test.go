package files

import "testing"

func TestFoldersTellRolesByWholeWords(t *testing.T) {
	for path, want := range map[string]Role{
		"x.png": 0, "DRIVE/x.png": 0, "images/x.png": Image, "stare-images/x.png": Image, "IMAGES/x.png": Image,
		"2d_images/x.tif": Image, "labels/x.png": Label, "Label/x.png": Label, "manual/x.png": Label,
		"1st_manual/x.gif": Label, "gt/x.png": Label, "ground_truth/x.png": Label,
		"ISIC-2017_Training_Part1_GroundTruth/x.png": Label, "annotations/x.png": Label, "2nd_manual/x.gif": Second,
		"labels-ah/x.ppm": Label, "labels-vk/x.ppm": Second, "labels/vk/x.ppm": Second, "second label/x.png": Second,
		"mask/x.gif": FOV, "masks/x.gif": FOV, "2d_masks/x.tif": FOV, "LungMasks/x.tif": FOV,
		"masks/train/x.png": FOV, "labels/images/x.png": Image, "groundtruths of us/images/x.png": Image,
		"label_images/x.png": Label, "image_masks/x.png": FOV, "images_and_masks/x.png": 0,
		"images and masks/x.png": 0, "images_masks/masks/x.png": FOV, "label_masks/x.png": Label, "damask/x.png": 0,
		"imagery/x.png": 0, "manually/x.png": 0, "trainmasks/x.png": FOV,
	} {
		if got := FolderRole(path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestFoldersTellPartsByWholeWords(t *testing.T) {
	for path, want := range map[string]string{
		"x.png": "", "test.png": "", "latest/x.jpg": "", "contest/x.jpg": "", "protest/x.jpg": "",
		"Trained/x.jpg": "", "interval/x.jpg": "", "invalid/x.jpg": "", "value/x.jpg": "", "strain/x.jpg": "",
		"ISIC-2017_Training_Data/x.jpg": "train", "ISIC-2017_Validation_Part1_GroundTruth/x.jpg": "validation",
		"ISIC-2017_Test_v2_Data/x.jpg": "test", "val/x.jpg": "validation", "VALID/x.jpg": "validation",
		"Testing/x.jpg": "test", "TEST/x.jpg": "test", "test1/x.jpg": "test", "ImagesTest/x.jpg": "test",
		"testData/x.jpg": "test", "testset/x.jpg": "test", "trainset/x.jpg": "train", "valset/x.jpg": "validation",
		"latest/ISIC-2017_Training_Data/x.jpg": "train", "test/images/x.jpg": "test", "train_test_split/x.jpg": "",
		"train_test_split/val/images/x.jpg": "validation", "test/train/x.jpg": "train",
	} {
		if got := FolderPart(path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}
