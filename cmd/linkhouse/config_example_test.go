package main

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

const examplePath = "../../config.example.yaml"

func TestTheExampleFileIsWhatTheDeclarationsSay(t *testing.T) {
	if os.Getenv("UPDATE") != "" {
		writeFile(t, examplePath, exampleConfig())
	}
	data, err := os.ReadFile(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(exampleConfig(), string(data)); diff != "" {
		t.Errorf("run UPDATE=1 go test ./cmd/linkhouse -run ExampleFile to write it anew:\n%s", diff)
	}
}

func TestTheExampleFileParsesToExactlyTheDefaults(t *testing.T) {
	home := map[string]string{"HOME": "/home/ada"}
	defaults, written := mustConfigure(t, "", home), mustConfigure(t, exampleConfig(), home)
	if len(written.configured) != len(configKeys) {
		t.Errorf("the example sets %d of %d keys", len(written.configured), len(configKeys))
	}
	written.File, written.configured, defaults.configured = "", nil, nil
	if !reflect.DeepEqual(defaults, written) {
		t.Errorf("defaults %+v\nexample %+v", defaults, written)
	}
}

func TestTheExampleFileHoldsEveryKeyWithAComment(t *testing.T) {
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(exampleConfig()), &root); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	var walk func(node *yaml.Node, prefix string)
	walk = func(node *yaml.Node, prefix string) {
		for i := 0; i+1 < len(node.Content); i += 2 {
			name, value := node.Content[i], node.Content[i+1]
			path := strings.TrimPrefix(prefix+"."+name.Value, ".")
			if name.HeadComment == "" {
				t.Errorf("%s has no comment", path)
			}
			if value.Kind == yaml.MappingNode {
				walk(value, path)
				continue
			}
			found[path] = true
			if k := keyAt(path); k == nil || !strings.Contains(name.HeadComment, k.env()) || !strings.Contains(name.HeadComment, "Default: ") {
				t.Errorf("%s: its comment names no default or variable", path)
			}
		}
	}
	walk(root.Content[0], "")
	for _, k := range configKeys {
		if !found[k.path] {
			t.Errorf("%s is missing", k.path)
		}
	}
}

func TestEveryFieldOfTheConfigurationHasAKey(t *testing.T) {
	count := 0
	config := reflect.TypeFor[Config]()
	for i := range config.NumField() {
		switch field := config.Field(i); {
		case field.Name == "File" || field.Name == "Unused" || field.Name == "configured":
		case field.Name == "Details": // Changed has a key for every resource that has details
			for _, r := range catalog {
				if r.Detail != "" {
					count++
				}
			}
			count += field.Type.NumField() - 1
		case field.Type.Kind() == reflect.Struct:
			count += field.Type.NumField()
		default:
			count++
		}
	}
	if count--; count != len(configKeys) { // schedules.All is made of the other two
		t.Errorf("%d fields, %d keys", count, len(configKeys))
	}
}
