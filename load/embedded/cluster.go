package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"time"
)

// Database is the database that every cluster has.
const Database = "linkhouse"

// Config says which cluster to start and how. Only Dir is required.
type Config struct {
	// Dir is the cluster's directory. It is created (0700) and filled when it is empty, reopened when it is not.
	Dir string
	// BinDir holds initdb and postgres. Empty: FindBinaries, or the version that made the directory.
	BinDir string
	// Port on 127.0.0.1. 0: that of the last start when it is still free, else any free one.
	Port int
	// Log hears what is done with the server. nil: nobody.
	Log *slog.Logger
	// Fsync makes commits survive a power cut and pages carry checksums. Only tests can do without.
	Fsync bool
	// Settings are server parameters (max_connections: "200") over postgresql.conf. Address, port and cluster_name are
	// not theirs to change.
	Settings map[string]string
	// KeepRunning leaves the server running after Stop and after this process, until Shutdown. Later Starts use it.
	KeepRunning bool
}

// Cluster is a running server that this process started, or that another one did and this one may use.
type Cluster struct {
	port     int
	password string
	server   *server  // nil: another process answers for it
	lock     *os.File // nil: as above
	keep     bool
	log      *slog.Logger

	stop sync.Once
	err  error // of the first Stop
}

// Start starts the cluster in cfg.Dir and returns when it accepts connections.
//
// When another process has it running, Start attaches to it: that process goes on answering for it, and takes it away
// when it ends. What a killed process left (a stale pid file, half a directory, a server without a master) is put in
// order first.
func Start(ctx context.Context, cfg Config) (*Cluster, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	h, err := openHome(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("start Postgres: %w", err)
	}
	for begun := time.Now(); ; {
		lock, err := h.tryLock()
		if err != nil {
			return nil, fmt.Errorf("start Postgres: %w", err)
		}
		if lock != nil {
			c, err := start(ctx, cfg, h, lock)
			if err != nil {
				return nil, errors.Join(fmt.Errorf("start Postgres: %w", err), lock.Close())
			}
			return c, nil
		}
		// Its holder may still be starting it, or about to stop it: then the lock is ours next time around.
		c, err := attach(ctx, cfg, h)
		if err == nil {
			return c, nil
		}
		if time.Since(begun) > patience {
			return nil, fmt.Errorf("attach to the Postgres of another process: %w", err)
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return nil, fmt.Errorf("attach to the Postgres of another process: %w", err)
		}
	}
}

// attach uses the server that the holder of the lock has running.
func attach(ctx context.Context, cfg Config, h home) (*Cluster, error) {
	password, err := h.readPassword()
	if err != nil {
		return nil, err
	}
	r, ok, err := h.readPid()
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errors.New("it is not running yet")
	}
	// The default database comes last in a start, so one that answers for it is complete.
	if err := answers(ctx, connURL(password, r.port, Database)); err != nil {
		return nil, err
	}
	cfg.Log.Debug("using the embedded Postgres of another process", "port", r.port)
	return &Cluster{port: r.port, password: password, log: cfg.Log}, nil
}

// start makes the cluster run, with the lock held.
func start(ctx context.Context, cfg Config, h home, lock *os.File) (*Cluster, error) {
	c, err := takeOver(ctx, cfg, h)
	if err != nil {
		return nil, err
	}
	if c == nil {
		if c, err = startFresh(ctx, cfg, h); err != nil {
			return nil, err
		}
	}
	c.lock = lock
	err = createDatabase(ctx, c.URL("postgres"), Database, "")
	if err != nil && sqlState(err) != duplicateDB {
		c.lock = nil // the caller closes it
		return nil, errors.Join(fmt.Errorf("create database %s: %w", Database, err), c.Stop())
	}
	return c, nil
}

// takeOver deals with a server that runs although nobody holds the lock. One that was left running on purpose is used;
// an orphan is stopped, since it may already have the signal of its starter's death on its way. It returns nil when
// there is no server now.
func takeOver(ctx context.Context, cfg Config, h home) (*Cluster, error) {
	r, ok, err := h.readPid()
	if err != nil || !ok {
		return nil, err
	}
	if !h.isOurs(r.pid) {
		return nil, h.disownPid()
	}
	s := &server{pid: r.pid, gone: func() bool { return !h.isOurs(r.pid) }}
	if exists(h.keep()) {
		password, err := h.readPassword()
		if err != nil {
			return nil, err
		}
		if awaitReady(ctx, s, connURL(password, r.port, "postgres")) == nil {
			cfg.Log.Debug("using the embedded Postgres that was left running", "port", r.port)
			return &Cluster{port: r.port, password: password, server: s, keep: true, log: cfg.Log}, nil
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	cfg.Log.Info("stopping an embedded Postgres that a killed process left behind", "pid", r.pid)
	return nil, s.stop()
}

// startFresh makes the data directory when there is none and starts the server.
func startFresh(ctx context.Context, cfg Config, h home) (*Cluster, error) {
	as, err := serverAccount(h.data())
	if err != nil {
		return nil, err
	}
	major, err := h.major()
	if err != nil {
		return nil, err
	}
	binDir := cfg.BinDir
	if binDir == "" && major == "" {
		binDir, err = FindBinaries()
	} else if binDir == "" {
		binDir, err = binariesFor(major)
	}
	if err != nil {
		return nil, err
	}
	if major == "" {
		cfg.Log.Info("making an embedded Postgres", "dir", h.dir)
		if err := h.initialise(ctx, binDir, as, cfg.Fsync); err != nil {
			return nil, err
		}
	}
	password, err := h.readPassword()
	if err != nil {
		return nil, err
	}
	if err := h.markKeep(cfg.KeepRunning); err != nil {
		return nil, err
	}
	port, s, err := launchSomewhere(ctx, cfg, h, binDir, as, password)
	if err != nil {
		return nil, err
	}
	cfg.Log.Debug("started the embedded Postgres", "port", port, "dir", h.dir)
	return &Cluster{port: port, password: password, server: s, keep: cfg.KeepRunning, log: cfg.Log}, nil
}

// launchSomewhere starts the server, on another port when the one it chose was lost meanwhile.
func launchSomewhere(ctx context.Context, cfg Config, h home, binDir string, as account, password string) (int, *server, error) {
	preferred := h.lastPort()
	for attempt := 1; ; attempt++ {
		port := cfg.Port
		if port == 0 {
			var err error
			if port, err = freePort(ctx, preferred); err != nil {
				return 0, nil, err
			}
		}
		s, err := h.launch(ctx, cfg, binDir, as, password, port)
		if err == nil {
			if err := os.WriteFile(h.port(), []byte(strconv.Itoa(port)+"\n"), 0o600); err != nil {
				return 0, nil, errors.Join(err, s.stop())
			}
			return port, s, nil
		}
		again := errors.Is(err, errLingering) || errors.Is(err, errTaken) && cfg.Port == 0
		if !again || attempt == 8 {
			return 0, nil, fmt.Errorf("port %d: %w", port, err)
		}
		preferred = 0
		if err := pause(ctx, time.Duration(attempt)*50*time.Millisecond); err != nil {
			return 0, nil, err
		}
	}
}

func (h home) markKeep(keep bool) error {
	if keep {
		return os.WriteFile(h.keep(), nil, 0o600)
	}
	if err := os.Remove(h.keep()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
