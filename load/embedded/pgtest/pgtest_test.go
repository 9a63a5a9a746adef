package pgtest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/linkhouse/linkhouse/load/embedded/pgtest"
)

var prepared atomic.Int64

var cities = pgtest.Template("cities", func(url string) error {
	prepared.Add(1)
	ctx := context.Background()
	db, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	_, err = db.Exec(ctx, "CREATE TABLE cities (name text); INSERT INTO cities VALUES ('Aarhus')")
	return errors.Join(err, db.Close(ctx))
})

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	db, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func count(t *testing.T, db *pgx.Conn) int {
	t.Helper()
	var n int
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM cities").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTestsSideBySideEachHaveACopyOfTheTemplateThatIsPreparedOnce(t *testing.T) {
	t.Run("group", func(t *testing.T) {
		for i := range 8 {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				db := connect(t, cities.Database(t))
				if _, err := db.Exec(t.Context(), "INSERT INTO cities VALUES ('Bergen')"); err != nil {
					t.Fatal(err)
				}
				if n := count(t, db); n != 2 {
					t.Errorf("%d cities, want the template's and this test's own", n)
				}
			})
		}
	})
	if n := prepared.Load(); n != 1 {
		t.Errorf("the template was prepared %d times", n)
	}
}

func TestADatabaseWithoutTemplateIsEmpty(t *testing.T) {
	db := connect(t, pgtest.Database(t))
	var refused *pgconn.PgError
	if _, err := db.Exec(t.Context(), "SELECT FROM cities"); !errors.As(err, &refused) || refused.Code != "42P01" {
		t.Errorf("got %v, want an undefined table", err)
	}
}

func TestADatabaseGoesWithItsTestEvenWhileItIsConnected(t *testing.T) {
	var url string
	t.Run("inner", func(t *testing.T) {
		url = pgtest.Database(t)
		connect(t, url)
	})
	db, err := pgx.Connect(t.Context(), url)
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "3D000" {
		t.Errorf("got %v, %v, want an unknown database", db, err)
	}
}

func TestAnyTestNameMakesADatabase(t *testing.T) {
	t.Run(`a "quoted" name; DROP DATABASE / `+strings.Repeat("long ", 20), func(t *testing.T) {
		connect(t, pgtest.Database(t))
	})
}
