package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// key accepts a location of this archive for a key.
func (d *directory) key(keyOrLocation string) (key, sum, metaKey string, err error) {
	key = strings.TrimPrefix(keyOrLocation, d.base+"/")
	sum, metaKey, err = parseKey(key)
	return key, sum, metaKey, err
}

func (d *directory) Open(_ context.Context, key string) (io.ReadCloser, error) {
	key, _, _, err := d.key(key)
	if err != nil {
		return nil, fmt.Errorf("open document: %w", err)
	}
	f, err := d.root.Open(key)
	if err != nil {
		return nil, fmt.Errorf("open document: %w", err)
	}
	return f, nil
}

func (d *directory) Stat(_ context.Context, key string) (Info, error) {
	key, sum, metaKey, err := d.key(key)
	if err != nil {
		return Info{}, fmt.Errorf("stat document: %w", err)
	}
	found, err := d.root.Stat(key)
	if err != nil {
		return Info{}, fmt.Errorf("stat document: %w", err)
	}
	info := Info{Key: key, SHA256: sum, Bytes: found.Size()}
	text, err := d.root.ReadFile(metaKey)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Info{}, fmt.Errorf("stat document: %w", err)
	}
	if err == nil && json.Unmarshal(text, &info.Metadata) != nil {
		info.Metadata = Metadata{} // lost, like metadata that is not there
	}
	return info, nil
}

func (d *directory) Remove(_ context.Context, resource, id string) error {
	folder, err := Name{Resource: resource, ID: id}.folder()
	if err != nil {
		return fmt.Errorf("remove documents: %w", err)
	}
	if err := d.root.RemoveAll(folder); err != nil {
		return fmt.Errorf("remove documents: %w", err)
	}
	if err := d.sync(path.Dir(folder)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove documents: %w", err)
	}
	return nil
}
