package embedded

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// URL returns a connection URL for one of the cluster's databases, password included: show it to no log.
func (c *Cluster) URL(database string) string { return connURL(c.password, c.port, database) }

// Port is where the server listens on 127.0.0.1.
func (c *Cluster) Port() int { return c.port }

// Attached tells whether another process answers for the server, and stops it when it pleases.
func (c *Cluster) Attached() bool { return c.server == nil }

// CreateDatabase makes a database as a copy of template, or an empty one when template is "". It waits for sessions of
// the template that are just ending, and fails when the name is taken.
func (c *Cluster) CreateDatabase(ctx context.Context, name, template string) error {
	if err := createDatabase(ctx, c.URL("postgres"), name, template); err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// DropDatabase removes a database, disconnecting whoever uses it. One that is not there is no error.
func (c *Cluster) DropDatabase(ctx context.Context, name string) error {
	statement := "DROP DATABASE IF EXISTS " + pgx.Identifier{name}.Sanitize() + " WITH (FORCE)"
	if err := execute(ctx, c.URL("postgres"), statement); err != nil {
		return fmt.Errorf("drop database %s: %w", name, err)
	}
	return nil
}

// Stop stops the server when this process started it and it is not to be kept running, and gives its directory free.
// It disconnects clients. Calling it again does nothing.
func (c *Cluster) Stop() error {
	c.stop.Do(func() {
		if c.server != nil && !c.keep {
			c.err = c.server.stop()
			c.log.Debug("stopped the embedded Postgres", "port", c.port)
		}
		if c.lock != nil {
			c.err = errors.Join(c.err, c.lock.Close())
		}
	})
	return c.err
}

// Shutdown stops a server that was left running in dir by KeepRunning. None running is no error; one that another
// process is using as its own is.
func Shutdown(ctx context.Context, dir string) error {
	h, err := openHome(dir)
	if err != nil {
		return fmt.Errorf("shut down Postgres: %w", err)
	}
	lock, err := h.tryLock()
	if err != nil {
		return fmt.Errorf("shut down Postgres: %w", err)
	}
	if lock == nil {
		return fmt.Errorf("shut down Postgres: another process answers for the one in %s; end that instead", h.dir)
	}
	if err := errors.Join(h.shutdown(ctx), lock.Close()); err != nil {
		return fmt.Errorf("shut down Postgres: %w", err)
	}
	return nil
}

func (h home) shutdown(ctx context.Context) error {
	if err := h.markKeep(false); err != nil {
		return err
	}
	r, ok, err := h.readPid()
	if err != nil || !ok || !h.isOurs(r.pid) {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s := &server{pid: r.pid, gone: func() bool { return !h.isOurs(r.pid) }}
	return s.stop()
}
