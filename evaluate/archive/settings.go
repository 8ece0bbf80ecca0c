package archive

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Settings returns the run's resolved settings and the versions of its programs by their paths, e.g.
// "training.batch" or "versions.go". A list is one line, e.g. [16,32]. A setting that is absent from the record is at
// its default.
func (r *Run) Settings() map[string]string {
	settings := map[string]string{}
	flatten("", r.Config, settings, settingsDepth)
	flatten("versions", r.Versions, settings, settingsDepth)
	return settings
}

// settingsDepth is the depth up to which objects are split into settings; a sweep's have depth two.
const settingsDepth = 8

// flatten splits objects into settings; lists, plain values and objects below the depth limit are single
// settings. Each level is decoded again, so without the limit a record of ten thousand levels would be decoded
// ten thousand times.
func flatten(path string, data json.RawMessage, into map[string]string, depth int) {
	if len(data) == 0 {
		return
	}
	var object map[string]json.RawMessage
	if depth == 0 || json.Unmarshal(data, &object) != nil {
		text := string(data)
		var plain string
		var line bytes.Buffer
		switch {
		case json.Unmarshal(data, &plain) == nil:
			text = plain
		case json.Compact(&line, data) == nil:
			text = line.String()
		}
		if path != "" {
			into[path] = text
		}
		return
	}
	for key, value := range object {
		flatten(strings.TrimPrefix(path+"."+key, "."), value, into, depth-1)
	}
}
