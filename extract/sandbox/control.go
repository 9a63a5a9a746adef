package sandbox

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// Control is a handler for people who steer a sandbox that runs in another process. It is no part of the API, and its
// requests are not counted:
//
//	POST /_control/advance-day            it is the next day; answers {"day":n}
//	GET  /_control/truth                  Truth
//	GET  /_control/changes?from=0&to=1    Changes, up to today by default
//	GET  /_control/requests               Requests
//	GET  /_control/served                 Served
//
// Everything else goes to the API.
func (s *Server) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /_control/advance-day", func(w http.ResponseWriter, _ *http.Request) {
		s.AdvanceDay()
		writeJSON(w, map[string]int{"day": s.Day()})
	})
	mux.HandleFunc("GET /_control/truth", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Truth()) })
	mux.HandleFunc("GET /_control/requests", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Requests()) })
	mux.HandleFunc("GET /_control/served", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Served()) })
	mux.HandleFunc("GET /_control/changes", func(w http.ResponseWriter, r *http.Request) {
		from, errFrom := strconv.Atoi(r.FormValue("from"))
		to, errTo := strconv.Atoi(r.FormValue("to"))
		if errTo != nil {
			to = s.Day()
		}
		if errFrom != nil {
			from = to - 1
		}
		if from < 0 || to < 0 || from > maxDays || to > maxDays {
			http.Error(w, "from and to are days", http.StatusUnprocessableEntity)
			return
		}
		writeJSON(w, s.Changes(from, to))
	})
	// The mux would clean paths such as /../pay-link/accounts, which are legal identifiers.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.URL.Path) > 10 && r.URL.Path[:10] == "/_control/" {
			mux.ServeHTTP(w, r)
			return
		}
		s.ServeHTTP(w, r)
	})
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", jsonType)
	_ = json.NewEncoder(w).Encode(v) // the client may be gone
}
