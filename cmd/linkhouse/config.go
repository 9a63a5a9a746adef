package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/schedules"
)

const defaultConfigFile = "linkhouse.yaml"

// Config is the whole configuration, defaults filled in and every value checked. The keys and their meaning are declared
// in config_keys.go.
type Config struct {
	File    string // the file it was read from; "" when there was none
	DataDir string

	Atomic     AtomicConfig
	Employees  EmployeesConfig
	Details    schedules.Details
	Users      UsersConfig
	Warehouse  WarehouseConfig
	Archive    ArchiveConfig
	Privacy    PrivacyConfig
	Removals   RemovalsConfig
	Schedules  SchedulesConfig
	Server     ServerConfig
	Alerts     AlertsConfig
	Log        LogConfig
	Unused     []string // LINKHOUSE_ variables that mean nothing, for a warning
	configured map[string]source
}

// AtomicConfig is how to reach the API.
type AtomicConfig struct {
	BaseURL           string
	APIKey, APISecret Secret
	Version           string
	PageSize          int
	Concurrency       int
	RequestsPerSecond float64 // 0: adaptive only
	Timeout           time.Duration
}

// EmployeesConfig is what to ask of an employee.
type EmployeesConfig struct{ Include []string }

// UsersConfig names the PayLink users, by one of the three.
type UsersConfig struct {
	File  string
	List  []string
	Query string
}

// WarehouseConfig is the database; a URL that is not set means the embedded one.
type WarehouseConfig struct{ URL Secret }

// ArchiveConfig is where documents go and from where they may come.
type ArchiveConfig struct {
	URL               string
	AllowedHosts      []string
	AllowPrivateHosts bool
	SSE, KMSKey       string
}

// PrivacyConfig is what becomes of secrets.
type PrivacyConfig struct {
	Key   Secret // 64 hexadecimal digits, or not set: no tokens
	Vault bool
}

// RemovalsConfig is the guard before removals.
type RemovalsConfig struct{ MaxFraction float64 }

// SchedulesConfig is the timetable; All are the jobs of Files and Jobs together.
type SchedulesConfig struct {
	Files []string
	Jobs  []schedules.Job
	All   []schedules.Job
}

// ServerConfig is the status page.
type ServerConfig struct {
	Listen string
	Token  Secret
}

// LogConfig is how the log on standard error looks.
type LogConfig struct{ Level, Format string }

// configInput is all that configuration is made from.
type configInput struct {
	path    string            // of the file; "" looks for the default one
	dir     string            // working directory
	vars    map[string]string // environment
	flags   map[string]string // key path -> value, for the keys that have a flag
	flagged map[string]string // key path -> the flag's name, for messages
}

// loadConfig reads file, environment and flags. The error, if any, is Problems: everything that is wrong, at once.
func loadConfig(in configInput) (*Config, error) {
	c := &Config{configured: map[string]source{}}
	r := &configReader{config: c, in: in, settings: map[string]setting{}}
	r.readFile()
	r.readEnvironment()
	r.readFlags()
	r.apply()
	r.checkTogether()
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, byPlace)
		return nil, r.problems
	}
	return c, nil
}

// configReader gathers one setting per key from every origin, then applies them: so that a value which a stronger origin
// replaces costs no reference to a variable that is not there.
type configReader struct {
	config   *Config
	in       configInput
	settings map[string]setting // the strongest so far, by key path
	problems Problems
}

func (r *configReader) readEnvironment() {
	for _, k := range configKeys {
		text, ok := r.in.vars[k.env()]
		if !ok || text == "" {
			continue // an empty variable is how composed files spell "not set"
		}
		s := setting{source: source{name: k.env()}, text: text, dir: r.in.dir}
		if k.list {
			s.list = splitList(text)
		}
		r.settings[k.path] = s
	}
	r.strayVariables()
}

// strayVariables finds misspelt ones. Only a near miss is a mistake: orchestrators put variables of their own beside ours
// (LINKHOUSE_PORT and the like, for a service of that name).
func (r *configReader) strayVariables() {
	names := []string{configVariable}
	for _, k := range configKeys {
		names = append(names, k.env())
	}
	for _, name := range slices.Sorted(maps.Keys(r.in.vars)) {
		if !strings.HasPrefix(name, envPrefix) || slices.Contains(names, name) || r.referenced(name) {
			continue
		}
		if near := nearVariable(name, names); near != "" {
			r.problems = append(r.problems, Problem{source: source{name: name}, message: "unknown variable", remedy: "did you mean " + near + "?"})
			continue
		}
		r.config.Unused = append(r.config.Unused, name)
	}
}

func (r *configReader) referenced(name string) bool {
	for _, s := range r.settings {
		if strings.Contains(s.text, "${"+name+"}") {
			return true
		}
	}
	return false
}

func (r *configReader) readFlags() {
	for path, text := range r.in.flags {
		r.settings[path] = setting{source: source{name: r.in.flagged[path]}, text: text, dir: r.in.dir}
	}
}

func (r *configReader) apply() {
	for _, k := range configKeys {
		s, ok := r.settings[k.path]
		if !ok {
			s = setting{source: source{name: "default"}, text: k.fallback, dir: r.in.dir}
			if k.list {
				s.list = splitList(k.fallback)
			}
		}
		if ok {
			r.config.configured[k.path] = s.source
		}
		s.home = r.in.vars["HOME"]
		if s.wrong == nil {
			s.wrong = s.expand(r.in.vars)
		}
		if s.wrong == nil {
			s.wrong = k.set(r.config, s)
		}
		if s.wrong != nil {
			r.problems = append(r.problems, problemsOf(k.path, s)...)
		}
	}
}

// openConfigFile finds the file: the one that was asked for, or the default one when it is there.
func (in configInput) openConfigFile() (name string, data []byte, err error) {
	name = in.path
	if name == "" {
		name = defaultConfigFile
	}
	full := name
	if !filepath.IsAbs(full) {
		full = filepath.Join(in.dir, full)
	}
	data, err = os.ReadFile(full)
	if in.path == "" && os.IsNotExist(err) {
		return "", nil, nil
	}
	return name, data, err
}

// dataDir leaves ~ standing where there is no home: whoever brings database and archive needs no directory.
func dataDir(c *Config, s setting) error {
	if err := notEmpty(s.text); err != nil {
		return err
	}
	if s.home == "" && strings.HasPrefix(s.text, "~/") {
		c.DataDir = ""
		return nil
	}
	path, err := s.path(s.text)
	c.DataDir = path
	return err
}
