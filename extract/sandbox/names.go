package sandbox

// The words that people, places and companies are made of. None of them is meant.
var (
	firstNames = []string{
		"Ada", "Amara", "Beatriz", "Carlos", "Chen", "Dana", "Devon", "Elena", "Emeka", "Farah", "Grace", "Hana", "Ibrahim",
		"Imani", "Jamal", "Jorge", "Kai", "Katarina", "Liam", "Lucía", "Maya", "Mikael", "Nadia", "Noah", "Olga", "Omar",
		"Priya", "Quinn", "Rosa", "Samuel", "Soo-jin", "Tariq", "Uma", "Viktor", "Wen", "Ximena", "Yusuf", "Zoë",
	}
	lastNames = []string{
		"Abara", "Andersson", "Begum", "Castillo", "Chowdhury", "D'Angelo", "Dubois", "Eriksen", "Fischer", "Garcia",
		"Haddad", "Ito", "Jansen", "Kowalski", "Lindqvist", "Martins", "Nakamura", "O'Brien", "Okafor", "Petrov", "Quintero",
		"Rossi", "Schäfer", "Singh", "Tanaka", "Ueda", "Van der Berg", "Walker", "Xu", "Yilmaz", "Zimmerman",
	}
	jobTitles = []string{
		"Accountant", "Barista", "Carpenter", "Dispatcher", "Electrician", "Field Engineer", "Cook", "Office Manager",
		"Product Manager", "Registered Nurse", "Roofer", "Sales Associate", "Software Engineer", "Truck Driver", "Welder",
	}
	classCodes = []string{"8810", "5551", "7219", "9079", "3724", "5190", "8742", "8017", "5403", "8833", "7380", "8868"}
	streets    = []string{"Birch St.", "Canyon Rd.", "Depot Ave.", "Elm St.", "Foundry Way", "Granary Row", "Harbor Blvd."}
	places     = []struct{ city, state, zip string }{
		{"Salt Lake City", "UT", "84111"},
		{"Boise", "ID", "83702"},
		{"Reno", "NV", "89501"},
		{"Denver", "CO", "80202"},
		{"Portland", "OR", "97204"},
		{"Springfield", "MA", "01103"},
		{"Newark", "NJ", "07102"},
		{"Austin", "TX", "78701"},
	}
	trades    = []string{"Roofing", "Bakery", "Logistics", "Dental Group", "Software", "Nurseries", "Foods", "Construction"}
	tradeHead = []string{"Alder", "Blue Mesa", "Cascade", "Dovetail", "Ember", "Fairfield", "Granite", "Hollow Oak", "Iron Creek"}
	banks     = []string{"Molecular Bank", "First Isotope Credit Union", "Valence Savings", "Covalent Trust"}
	routing   = []string{"123123123", "456456456", "011000028", "091000019", "021000089"}
)
