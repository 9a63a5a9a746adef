package page

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
)

//go:embed page.html style.css script.js icon.svg
var assets embed.FS

var (
	style  = asset("style.css")
	script = asset("script.js")
	icon   = asset("icon.svg")

	// policy allows the style and the script that are in the page, by their hashes, and requests to the page's own place.
	policy = "default-src 'none'; style-src " + hashOf(style) + "; script-src " + hashOf(script) +
		"; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

	templates = template.Must(template.New("").Funcs(template.FuncMap{
		"style":  func() template.CSS { return template.CSS(style) }, //nolint:gosec // it is our own file
		"script": func() template.JS { return template.JS(script) },  //nolint:gosec // it is our own file
	}).ParseFS(assets, "page.html"))
)

// asset is an embedded file, which is there because the build has found it.
func asset(name string) []byte {
	data, err := assets.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return data
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
