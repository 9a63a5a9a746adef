package paylink

import "github.com/linkhouse/linkhouse/transform"

// Catalog lists the resources of PayLink in the order in which they are synced. Resources and tables are the same pointers
// on every call.
func Catalog() []*transform.Resource {
	return []*transform.Resource{payLinkAccounts, tasks}
}
