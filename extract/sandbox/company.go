package sandbox

// company is a merchant, or the connector that Atomic reaches it by.
type company struct{ id, name, logo, background, color string }

var exampleCompany = company{
	"6529a6eccb8e7200085c6ef6", "Hulu",
	"https://cdn-public.atomicfi.com/60e83c17-cda4-4b5a-98c6-c83199c54d48.png", "#040405", "#040405",
}

const testLogo = "https://cdn-public.atomicfi.com/b02670fa-ce1b-4171-855b-6856b37bb938.png"

// merchants are made up, but for the references' own.
var merchants = []struct {
	company
	typ, plan string
	cents     int64
}{
	{exampleCompany, "subscription", "Hulu (No Ads)", 1899},
	{merchant("6529a6eccb8e7200085c6f01", "Reelwise", "#7a0010"), "subscription", "Premium, 4 screens", 2299},
	{merchant("6529a6eccb8e7200085c6f02", "Tunehive", "#1db070"), "subscription", "Family", 1699},
	{merchant("6529a6eccb8e7200085c6f03", "Northwind Wireless", "#e20074"), "telecom", "5G Start", 8500},
	{merchant("6529a6eccb8e7200085c6f04", "Fibrelane", "#0a2540"), "telecom", "Gigabit internet", 7699},
	{merchant("6529a6eccb8e7200085c6f05", "Stonewall Mutual", "#20409a"), "policy", "Auto, two drivers", 14_250},
	{merchant("6529a6eccb8e7200085c6f06", "Meadow Loans", "#2e7d32"), "loan", "Personal loan", 31_040},
	{merchant("6529a6eccb8e7200085c6f07", "Paperboy Daily", "#111111"), "subscription", "All access", 1250},
	{merchant("6529a6eccb8e7200085c6f08", "Bench & Barbell", "#ff5722"), "subscription", "Black card", 2499},
}

func merchant(id, name, color string) company {
	return company{id, name, "https://cdn-public.atomicfi.com/" + id + ".png", color, color}
}

// connectors stand between tasks and payroll systems.
var connectors = []company{
	{id: "607e249736b9f053b536bde1", name: "Test Connector", logo: testLogo},
	{id: "607e249736b9f053b536bdf1", name: "Payday Central", logo: testLogo},
	{id: "607e249736b9f053b536bdf2", name: "Ledgerline HR", logo: testLogo},
}

var taskCompany = company{id: "607e249736b9f053b536bde0", name: "Test Company", logo: testLogo}

func (c *company) json() string {
	j := js{b: []byte{'{'}}
	j.str("_id", c.id)
	j.str("name", c.name)
	j.object("branding")
	j.object("logo")
	j.str("url", c.logo)
	if c.background != "" {
		j.str("backgroundColor", c.background)
	}
	j.end()
	if c.color != "" {
		j.str("color", c.color)
	}
	j.end()
	j.end()
	return string(j.b)
}
