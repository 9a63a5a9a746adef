package employerlink_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/linkhouse/linkhouse/transform"
	"github.com/linkhouse/linkhouse/transform/fixture"
)

// longServing is an employee with five years of fortnightly pay: 130 statements of 16 lines each.
func longServing() transform.Item {
	var b strings.Builder
	b.WriteString(`{"_id":"p1","firstName":"Ada","lastName":"Example","ssn":"111223333","email":"ada@example.com","income":45000,
		"depositAccounts":[{"routingNumber":"123123123","accountNumber":"1122330000","type":"checking"}],"statements":[`)
	day := time.Date(2018, 1, 5, 12, 0, 0, 0, time.UTC)
	for i := range 130 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"date":%q,"payPeriodStartDate":%q,"payPeriodEndDate":%q,"grossAmount":%d.25,"ytdGrossAmount":%d.5,"netAmount":%d,
			"paymentMethod":"deposit","hours":80,"deductions":[`, day.Format(time.RFC3339), day.AddDate(0, 0, -19).Format(time.RFC3339),
			day.AddDate(0, 0, -5).Format(time.RFC3339), 2000+i, 2000*i, 1500+i)
		for j := range 9 {
			fmt.Fprintf(&b, `%s{"category":"taxes","label":"Federal Income Tax %d","rawLabel":"FED INCOME TAX %d","amount":%d.17,"ytdAmount":%d.34}`,
				comma(j), j, j, 20+j, 40*i+j)
		}
		b.WriteString(`],"earnings":[`)
		for j := range 6 {
			fmt.Fprintf(&b, `%s{"category":"wage","rawLabel":"Regular Pay %d","amount":%d.17,"ytdAmount":%d.34,"hours":%d,"rate":25.125}`,
				comma(j), j, 300+j, 400*i+j, 10+j)
		}
		b.WriteString(`],"netAmountAdjustments":[{"label":"Mileage Reimbursement","amount":25}]}`)
		day = day.AddDate(0, 0, 14)
	}
	b.WriteString(`],"createdAt":"2023-02-28T19:57:26.445Z","updatedAt":"2023-02-28T21:18:55.490Z"}`)
	return transform.Item{
		ID:     "p1",
		Rows:   [][]byte{[]byte(`{"_id":"p1","firstName":"Ada","lastName":"Example","employer":"e1"}`)},
		Detail: []byte(b.String()),
	}
}

func comma(i int) string {
	if i > 0 {
		return ","
	}
	return ""
}

func BenchmarkNormalize(b *testing.B) {
	r, item, sealer := resource(b, "employees"), longServing(), fixture.Sealer()
	b.SetBytes(int64(len(item.Detail)))
	b.ReportAllocs()
	for b.Loop() {
		if rec := r.Normalize(item, sealer); len(rec.Sets) != 8 || len(rec.Rejects) > 0 {
			b.Fatal("not what was to be measured")
		}
	}
}
