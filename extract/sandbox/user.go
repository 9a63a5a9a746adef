package sandbox

import (
	"fmt"
	"strconv"
	"strings"
)

const exampleUser = "IDENTIFIER_FROM_YOUR_SYSTEM"

// oddIdentifiers are the caller's own keys and may be anything; each of these breaks a path that is not escaped.
var oddIdentifiers = []string{
	"acme/ops", "who?", "pay@example.com", "100%", "two words", "käthe-ö", "日本", "a+b", "#7", "..", ".", "employees", "user",
	"a%2Fb", "semi;colon=1", "🙂", "task", "tail/", "back\\slash", `"quoted"`,
}

// identifier is the key of user u.
func (w *world) identifier(u int) string {
	if !w.Bare {
		if u == 0 {
			return exampleUser
		}
		u--
	}
	if w.Odd && u < len(oddIdentifiers) {
		return oddIdentifiers[u]
	}
	return fmt.Sprintf("user-%06d", u)
}

// user finds the user of an identifier.
func (w *world) user(identifier string) (int, bool) {
	u := -1
	if n, ok := strings.CutPrefix(identifier, "user-"); ok {
		if v, err := strconv.Atoi(n); err == nil {
			u = v
		}
	}
	for i, odd := range oddIdentifiers {
		if w.Odd && odd == identifier {
			u = i
		}
	}
	if !w.Bare {
		u++
		if identifier == exampleUser {
			u = 0
		}
	}
	return u, u >= 0 && u < w.Users && w.identifier(u) == identifier
}

// firstAccounts and firstTasks are how many slots of a user are filled on day 0.
func (w *world) firstAccounts(u int) int {
	if u == 0 && !w.Bare {
		return 1
	}
	return int(w.hash(aUser, u, 1) % 5)
}

func (w *world) firstTasks(u int) int {
	if u == 0 && !w.Bare {
		return len(w.examples[aTask])
	}
	return int(w.hash(aUser, u, 2) % 6)
}

// accountBorn: a user may get one more account, on a day of chance.
func (w *world) accountBorn(i int) int {
	u, slot := i/accountSlots, i%accountSlots
	switch first := w.firstAccounts(u); {
	case slot < first:
		return 0
	case slot == first && !w.calm():
		return 1 + int(w.hash(aUser, u, 3)%90)
	default:
		return maxDays + 1
	}
}

// taskBorn: a user starts another task every few weeks.
func (w *world) taskBorn(i int) int {
	u, slot := i/taskSlots, i%taskSlots
	d := slot - firstNewTask
	switch {
	case slot < w.firstTasks(u):
		return 0
	case d > 0 && !w.calm() && w.hash(aUser, u, 4<<32|uint64(d))%25 == 0:
		return d
	default:
		return maxDays + 1
	}
}

// accountsOf and tasksOf are the numbers of a user's listed objects.
func (w *world) accountsOf(u, day int) (is []int) {
	for i := u * accountSlots; i < (u+1)*accountSlots; i++ {
		if w.listed(anAccount, i, day) {
			is = append(is, i)
		}
	}
	return is
}

func (w *world) tasksOf(u, day int) (is []int) {
	for i := u * taskSlots; i <= u*taskSlots+firstNewTask+min(day, maxDays); i++ {
		if w.listed(aTask, i, day) {
			is = append(is, i)
		}
	}
	return is
}
