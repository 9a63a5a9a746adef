package schedules

import (
	"context"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/transform"
)

// ReplayReport is what became of rejects that were tried again.
type ReplayReport struct {
	Replayed int     `json:"replayed"` // rejects whose object was asked for again
	Resolved int     `json:"resolved"` // of those, the ones that are no more
	Unnamed  int     `json:"unnamed"`  // rejects that name no object: only a whole sync meets them again
	Run      *Report `json:"run,omitempty"`
}

// only are the objects that a walk is limited to, by transform.SeenKey. A user without an id stands for all objects of his.
type only map[string]bool

func (o only) wants(user, id string) bool {
	return o == nil || o[transform.SeenKey(user, id)] || user != "" && o[transform.SeenKey(user, "")]
}

// Replay asks the API once more for the objects of rejects, and for nothing else but the lists they stand in. The lists are
// read because some facts stand nowhere else (T9).
func (r *Runner) Replay(ctx context.Context, rejects []load.RejectRow, catalog []*transform.Resource, include []string) (ReplayReport, error) {
	var report ReplayReport
	plan := Plan{Job: "replay", Include: include, Fresh: true, only: map[string]only{}}
	var users []string
	var asked []int64
	for _, reject := range rejects {
		if reject.SourceID == "" && reject.Owner == "" {
			report.Unnamed++
			continue
		}
		report.Replayed++
		asked = append(asked, reject.ID)
		if plan.only[reject.Resource] == nil {
			plan.only[reject.Resource] = only{}
		}
		plan.only[reject.Resource][transform.SeenKey(reject.Owner, reject.SourceID)] = true
		if reject.Owner != "" {
			users = append(users, reject.Owner)
		}
	}
	plan.Users = func(context.Context) ([]string, error) { return users, nil }
	for _, resource := range catalog {
		if plan.only[resource.Name] != nil {
			plan.Resources = append(plan.Resources, resource)
		}
	}
	if len(plan.Resources) == 0 {
		return report, nil
	}
	var err error
	if report.Run, err = r.Run(ctx, plan); err != nil {
		return report, err
	}
	open, err := r.Store.OpenRejects(ctx, asked)
	report.Resolved = report.Replayed - open
	return report, err
}
