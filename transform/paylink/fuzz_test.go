package paylink_test

import (
	"testing"

	"github.com/linkhouse/linkhouse/transform/fixture"
)

func FuzzNormalizePayLinkAccounts(f *testing.F) { fixture.Fuzz(f, resource(f, "pay-link-accounts")) }

func FuzzNormalizeTasks(f *testing.F) { fixture.Fuzz(f, resource(f, "tasks")) }
