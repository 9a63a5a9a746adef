package migrations

import (
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"sync"
)

//go:embed *.sql
var files embed.FS

// Migration is one numbered step of the schema.
type Migration struct {
	Version uint
	Name    string // without the number, such as "employerlink"
}

// String is the name of the step's files without their endings, such as "0001_employerlink".
func (m Migration) String() string { return fmt.Sprintf("%04d_%s", m.Version, m.Name) }

// probes ask the catalog whether a version's file was committed, each by one object that only this file makes. A file is
// one transaction, so one object speaks for all of it. A name alone says nothing: what somebody else called the same is
// just what makes a file fail.
var probes = map[uint]string{
	1: columnThere("employerlink.employers", "_row_hash"),
	2: columnThere("paylink.accounts", "_row_hash"),
	3: columnThere("etl.runs", "resources"),
	4: columnThere("archive.documents", "staged_at"),
	5: columnThere("history.employers", "_valid_from"),
	6: columnThere("analytics.payroll_register", "net_difference"),
	7: `SELECT coalesce(obj_description(to_regnamespace('vault'), 'pg_namespace') LIKE '%privacy.vault%', false)`,
}

// columnThere does not ask to_regclass, which fails where a schema of that name is somebody else's.
func columnThere(table, column string) string {
	schema, name, _ := strings.Cut(table, ".")
	return fmt.Sprintf(`SELECT EXISTS (SELECT FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = '%s' AND c.relname = '%s' AND a.attname = '%s' AND NOT a.attisdropped)`, schema, name, column)
}

// known lists the embedded migrations in order. A misnamed file is a mistake of the build and no state of a database,
// so it panics.
var known = sync.OnceValue(func() []Migration {
	names, err := fs.Glob(files, "*.up.sql")
	if err != nil {
		panic(err)
	}
	all := make([]Migration, 0, len(names))
	for i, name := range names { // Glob sorts, and the numbers have leading zeros
		number, rest, _ := strings.Cut(strings.TrimSuffix(name, ".up.sql"), "_")
		version, err := strconv.ParseUint(number, 10, 32)
		if err != nil || version != uint64(i)+1 {
			panic("migrations: " + name + " is not number " + strconv.Itoa(i+1))
		}
		all = append(all, Migration{Version: uint(version), Name: rest})
	}
	return all
})

// latest is the version this binary brings a database to.
func latest() uint { return uint(len(known())) }

// after lists the migrations above a version.
func after(version uint) []Migration {
	if version >= latest() {
		return nil
	}
	return known()[version:]
}
