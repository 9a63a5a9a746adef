package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

type initCmd struct {
	Force  bool       `help:"Overwrite a file that is there."`
	Deploy deployKind `placeholder:"KIND" help:"Write no file, and print how to run it under systemd, kubernetes, cron or docker."`
	Path   string     `arg:"" optional:"" placeholder:"FILE" help:"File to write. Default: linkhouse.yaml."`
}

// Help is the long help of the verb.
func (initCmd) Help() string {
	return `Writes a configuration file in which every setting stands with its default and an explanation. Only you can read
it, because you may put credentials into it; better refer to variables from it: api_key: ${ATOMIC_API_KEY}.

With --deploy it prints an example of how to run the program every night or all the time: units for systemd, a CronJob and a
Deployment for kubernetes, a line for cron, or a Dockerfile. Each says what to change in it.

Examples:

    linkhouse init
    linkhouse init /etc/linkhouse.yaml
    linkhouse init --deploy systemd
    linkhouse --config /etc/linkhouse.yaml migrate up`
}

// Run writes the file.
func (c *initCmd) Run(a *app) error {
	if c.Deploy != "" {
		if c.Path != "" || c.Force {
			return misuse("leave out the file and --force, and send the output to where you want it", "--deploy prints, and writes no file")
		}
		return a.printDeploy(c.Deploy)
	}
	path := c.Path
	if path == "" {
		path = a.configPath()
	}
	if path == "" {
		path = defaultConfigFile
	}
	err := writeNew(a.path(path), exampleConfig(), c.Force)
	switch {
	case errors.Is(err, fs.ErrExist):
		return misuse("keep it, name another file, or overwrite it with --force", path+" is there already")
	case err != nil:
		return fmt.Errorf("write %s: %s", path, bare(err))
	}
	_, err = fmt.Fprintf(a.stdout, `Wrote %s.

Next:
  1. set atomic.api_key and atomic.api_secret in it, best as references such as ${ATOMIC_API_KEY}
     (no credentials yet? linkhouse sandbox serves an API to play with)
  2. set warehouse.url, or leave it empty for a private Postgres on this machine
  3. linkhouse check, then linkhouse sync
`, path)
	return err
}

// writeNew writes a file for its owner's eyes. It replaces one as a whole or not at all, and its old access rights with it.
func writeNew(path, text string, replace bool) error {
	dir, name := filepath.Split(path)
	if !replace {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		_, err = f.WriteString(text)
		return errors.Join(err, f.Close())
	}
	f, err := os.CreateTemp(dir, "."+name+".*") // made with 0600
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
