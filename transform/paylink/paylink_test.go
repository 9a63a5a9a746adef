package paylink_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/linkhouse/linkhouse/transform"
	"github.com/linkhouse/linkhouse/transform/fixture"
	"github.com/linkhouse/linkhouse/transform/paylink"
)

// lists are the arrays whose order says nothing.
var lists = []string{"suggestions", "identities", "items", "history", "paymentMethods", "plans", "usage", "actions"}

// exempt are the secrets and the ids by which an action could be taken.
func exempt(path string, _ transform.Item) bool {
	names := strings.FieldsFunc(path, func(c rune) bool { return c == '.' || c == '[' || c == ']' })
	if slices.Contains(names, "accountNumber") {
		return true
	}
	return slices.Contains(names, "actions") && (slices.Contains(names, "id") || slices.Contains(names, "actionId"))
}

func TestEveryFixtureBecomesTheRowsAgreedOn(t *testing.T) {
	fixture.Golden(t, paylink.Catalog())
}

func TestNoColumnStaysEmptyOverAllFixtures(t *testing.T) {
	fixture.NoColumnStaysEmpty(t, paylink.Catalog())
}

func TestNothingOfAnItemIsDroppedSilently(t *testing.T) {
	for _, r := range paylink.Catalog() {
		for _, c := range fixture.Cases(t, r) {
			if c.Name == "product-repeated" || c.Name == "product-no-text" {
				continue // the first of two rows with one key is dropped and counted
			}
			fixture.Accounted(t, c, exempt)
			fixture.Unread(t, c, exempt)
		}
	}
}

func TestTheOrderOfAResponseSaysNothing(t *testing.T) {
	for _, r := range paylink.Catalog() {
		for _, c := range fixture.Cases(t, r) {
			fixture.OrderSaysNothing(t, c, lists...)
		}
	}
}

func TestWhateverTheAPISendsNothingIsLostDoubledOrRevealed(t *testing.T) {
	for _, r := range paylink.Catalog() {
		for _, c := range fixture.Cases(t, r) {
			fixture.Mangled(t, c, 60, parts[r.Name]...)
		}
	}
}
