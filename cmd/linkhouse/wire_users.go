package main

import (
	"context"
	"errors"
	"slices"

	"github.com/linkhouse/linkhouse/load"
)

// configured tells whether PayLink users are named in any way.
func (u UsersConfig) configured() bool { return u.File != "" || len(u.List) > 0 || u.Query != "" }

// reads tells whether a run over a resource reads it: without a user nothing of PayLink is.
func (c *Config) reads(resource string) bool {
	return !resourceNamed(resource).PerUser || c.Users.configured()
}

// userSource is the key that names the users, for messages.
func (u UsersConfig) source() string {
	switch {
	case u.File != "":
		return "users.file"
	case u.Query != "":
		return "users.query"
	case len(u.List) > 0:
		return "users.list"
	}
	return "users.file, users.list or users.query"
}

// namedUsers are the PayLink users of the file or the list. Those of a query are asked for when there is a warehouse.
func (c *Config) namedUsers() ([]string, error) {
	if c.Users.File == "" {
		return c.Users.List, nil
	}
	users, err := linesIn(c.Users.File)
	if err != nil {
		return nil, Problems{{source: c.configured["users.file"], key: "users.file", message: "cannot be read: " + bare(err),
			remedy: "check the path; it holds one user identifier a line"}}
	}
	return users, nil
}

// queriedUsers runs users.query. What the warehouse says of the user's own SQL is a mistake in the configuration, unlike a
// warehouse that is gone.
func (c *Config) queriedUsers(ctx context.Context, store *load.Store) ([]string, error) {
	users, err := store.Strings(ctx, c.Users.Query)
	var refused *load.Error
	if errors.As(err, &refused) && refused.Code != "" && refused.Class != load.ClassUnavailable && refused.Class != load.ClassCanceled {
		return nil, Problems{{source: c.configured["users.query"], key: "users.query",
			message: "the warehouse refuses it with SQLSTATE " + refused.Code,
			remedy:  "try it in linkhouse psql; it is to give one column of identifiers"}}
	}
	return users, err
}

// usersOf makes the plan's source of users: one user, or the configured ones.
func (c *Config) usersOf(ctx context.Context, store *load.Store, named []string) ([]string, error) {
	if c.Users.Query == "" {
		return slices.Clone(named), nil
	}
	return c.queriedUsers(ctx, store)
}
