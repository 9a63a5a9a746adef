package load

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Answer is what a query gave, as Postgres writes it.
type Answer struct {
	Columns []string
	Numeric []bool // by column
	Rows    [][]string
}

// Show runs a query for people to read its answer: every value is text as Postgres writes it, null is empty.
func (s *Store) Show(ctx context.Context, sql string) (Answer, error) {
	rows, err := s.pool.Query(ctx, sql, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		return Answer{}, fail("run a query", err)
	}
	defer rows.Close()
	var answer Answer
	for _, field := range rows.FieldDescriptions() {
		answer.Columns = append(answer.Columns, field.Name)
		answer.Numeric = append(answer.Numeric, isNumber(field.DataTypeOID))
	}
	for rows.Next() {
		var row []string
		for _, raw := range rows.RawValues() {
			row = append(row, string(raw))
		}
		answer.Rows = append(answer.Rows, row)
	}
	return answer, fail("run a query", rows.Err())
}

func isNumber(oid uint32) bool {
	switch oid {
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID, pgtype.NumericOID, pgtype.Float4OID, pgtype.Float8OID:
		return true
	}
	return false
}
