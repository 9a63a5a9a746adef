package sandbox

// deposit is an account that pay is deposited to. Its amount's unit depends on the distribution (T17).
type deposit struct {
	lead                string // members before all others
	routing, account    string
	typ, bank           string
	distribution        string
	amount              number
	extra               string
	withoutDistribution bool
}

// deposits are the accounts of an employee as often as they have been changed.
func (w *world) deposits(e *employee) []deposit {
	r := rng(mix(e.seed, 0xdea0+uint64(e.deposit)))
	account := func(kind string) deposit {
		return deposit{
			routing: pick(&r, routing), account: string(r.digits(nil, 9+r.below(3))), typ: kind, bank: pick(&r, banks),
		}
	}
	switch main := account("checking"); r.below(4) {
	case 0:
		main.distribution = "total"
		return []deposit{main}
	case 1:
		main.distribution, main.amount = "percent", whole(100)
		return []deposit{main}
	case 2:
		side := account("savings")
		share := int64(5 * (1 + r.below(12)))
		side.distribution, side.amount = "percent", whole(share)
		main.distribution, main.amount = "percent", whole(100-share)
		return []deposit{main, side}
	default:
		side := account("paycard")
		side.distribution, side.amount = "fixed", cents(int64(2500*(1+r.below(20))))
		main.distribution = "total"
		return []deposit{side, main}
	}
}

// masked is an account number as some providers give it.
func masked(account string) string { return "XXXX" + account[len(account)-4:] }

func writeDeposits(j *js, all []deposit, form string) {
	if form != "" {
		j.rows("depositAccounts", nil, form)
		return
	}
	j.array("depositAccounts", len(all), func(i int) {
		d := &all[i]
		j.open()
		j.members(d.lead)
		j.str("routingNumber", d.routing)
		j.str("accountNumber", d.account)
		j.str("type", d.typ)
		if d.bank != "" {
			j.str("bankName", d.bank)
		}
		if !d.withoutDistribution {
			j.str("distributionType", d.distribution)
		}
		j.num("distributionAmount", d.amount)
		j.members(d.extra)
		j.end()
	})
}
