package main

import "embed"

//go:embed deploy
var deployFiles embed.FS

// deployKind is a means to run the program: every night or all the time.
type deployKind string

// Validate refuses one that there is no example for.
func (k deployKind) Validate() error {
	return oneOf("", "systemd", "kubernetes", "cron", "docker")(string(k))
}

// deployExamples are the files that init --deploy prints.
var deployExamples = map[deployKind]string{
	"systemd":    "deploy/systemd.txt",
	"kubernetes": "deploy/kubernetes.yaml",
	"cron":       "deploy/crontab.txt",
	"docker":     "deploy/Dockerfile",
}

// printDeploy prints how to run the program by those means.
func (a *app) printDeploy(kind deployKind) error {
	text, err := deployFiles.ReadFile(deployExamples[kind])
	if err != nil {
		return err
	}
	_, err = a.stdout.Write(text)
	return err
}
