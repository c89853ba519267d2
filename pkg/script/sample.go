package script

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
)

// DefaultScript is the script of a run that names none: a user a second for five
// seconds, each asking a server on this machine for its front page.
const DefaultScript = `# The script that runs when none is named: a user a second, for five seconds,
# asks for the front page of a server on this machine.
config:
  target: "http://127.0.0.1:8089"
  phases:
    - duration: 5
      arrivalRate: 1
scenarios:
  - flow:
      - get:
          url: "/"
`

// Sample is the text of a first script for an endpoint, an absolute http or https
// URL: one phase of so many seconds at so many users per second, rising to rampTo
// unless that is 0, and one GET of the endpoint's path and query.
func Sample(endpoint string, durationSeconds, rate, rampTo float64) (string, error) {
	u, err := url.Parse(endpoint)
	switch {
	case err != nil:
		return "", fmt.Errorf("the endpoint %s is not a URL: %w", quote(endpoint), errors.Unwrap(err))
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return "", fmt.Errorf("the endpoint %s is not a whole URL, such as https://test.example.com/path", quote(endpoint))
	case !(durationSeconds > 0) || math.IsInf(durationSeconds, 0):
		return "", fmt.Errorf("the duration has to be longer than 0 seconds, not %v", durationSeconds)
	case !(rate > 0) || math.IsInf(rate, 0):
		return "", fmt.Errorf("the rate has to be more than 0 users per second, not %v", rate)
	case !(rampTo >= 0) || math.IsInf(rampTo, 0):
		return "", fmt.Errorf("the rate to ramp to cannot be less than 0, not %v", rampTo)
	}
	target := url.URL{Scheme: u.Scheme, User: u.User, Host: u.Host}
	page := u.EscapedPath()
	if !strings.HasPrefix(page, "/") {
		page = "/" + page
	}
	if u.RawQuery != "" {
		page += "?" + u.RawQuery
	}
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

	var b strings.Builder
	b.WriteString(`# A load test. Run it with: salvo run <this file>
config:
  # The server under test: it is put in front of every url that begins with /.
  target: ` + strconv.Quote(target.String()) + `
  phases:
    # How many virtual users arrive each second, and for how many seconds. Each
    # of them runs one scenario from beginning to end.
    - duration: ` + number(durationSeconds) + `
      arrivalRate: ` + number(rate) + "\n")
	if rampTo > 0 {
		b.WriteString("      # The rate at the end of the phase; it changes evenly up to there.\n")
		b.WriteString("      rampTo: " + number(rampTo) + "\n")
	}
	b.WriteString(`scenarios:
  - flow:
      # The steps of a user, one after the other. Others are post, put, patch,
      # delete, head, options, think, log and loop.
      - get:
          url: ` + strconv.Quote(page) + "\n")
	return b.String(), nil
}
