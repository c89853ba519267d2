package fake

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/brianvoe/gofakeit/v7/data"
	"github.com/dlclark/regexp2"
	"golang.org/x/text/unicode/norm"

	"salvo/pkg/template"
)

var (
	providers  = split("gmail.com|hotmail.com|yahoo.com")
	suffixes   = split("biz|com|info|name|net|org")
	algorithms = split("HS256|HS384|HS512|RS256|RS384|RS512|ES256|ES384|ES512|PS256|PS384|PS512|none")

	statusTypes = []string{"informational", "success", "redirection", "clientError", "serverError"}
	statuses    = map[string][]int{
		"informational": {100, 101, 102, 103},
		"success":       {200, 201, 202, 203, 204, 205, 206, 207, 208, 226},
		"redirection":   {300, 301, 302, 303, 304, 305, 307, 308},
		"clientError":   {400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 422, 423, 424, 425, 426, 428, 429, 431, 451},
		"serverError":   {500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511},
	}

	emojiTypes = []string{"smiley", "body", "person", "nature", "food", "travel", "activity", "object", "symbol", "flag"}
	emojis     = map[string][]string{
		"smiley": data.Emoji["face"], "body": data.Emoji["hand"], "person": data.Emoji["person"], "nature": data.Emoji["animal"],
		"food": data.Emoji["food"], "travel": data.Emoji["vehicle"], "activity": data.Emoji["sport"], "object": data.Emoji["tools"],
		"symbol": split("⚠️|♻️|✅|❌|➕|➖|➡️|⬅️|⬆️|⬇️|▶️|⏸️|♾️|❓|❗|🔴|🔵|🟢|🔺|🔶"), "flag": data.Emoji["flag"],
	}

	networks = map[string]string{
		"any": "0.0.0.0/0", "loopback": "127.0.0.0/8", "private-a": "10.0.0.0/8", "private-b": "172.16.0.0/12",
		"private-c": "192.168.0.0/16", "test-net-1": "192.0.2.0/24", "test-net-2": "198.51.100.0/24",
		"test-net-3": "203.0.113.0/24", "link-local": "169.254.0.0/16", "multicast": "224.0.0.0/4",
	}
)

var internetMakers = map[string]maker{
	"internetProtocol":     one([]string{"http", "https"}),
	"internetHttpMethod":   one(split("GET|POST|PUT|DELETE|PATCH")),
	"internetJwtAlgorithm": one(algorithms),
	"internetDomainSuffix": one(suffixes),
	"internetDomainWord":   text(source.domainWord),
	"internetDomainName":   text(source.domain),
	"internetIpv6":         text(source.ipv6),
	"internetIp": text(func(r source) string {
		if r.flip() {
			return ipv4(r.Uint32())
		}
		return r.ipv6()
	}),
	"internetPort":         number(func(r source) float64 { return float64(r.IntN(65536)) }),
	"internetUserAgent":    text(source.userAgent),
	"internetEmail":        mail(providers),
	"internetExampleEmail": mail(split("example.com|example.net|example.org")),
	"internetUsername":     called(func(r source, first, last string) string { return ascii(r.username(first, last)) }),
	"internetDisplayName":  called(source.username),
	"internetUrl": func(_ Data, o options) (drawer, error) {
		protocol := o.text("protocol", "https")
		return func(r source) any {
			address := protocol + "://" + r.domain()
			if r.boolean(o, "appendSlash") {
				address += "/"
			}
			return address
		}, nil
	},
	"internetHttpStatusCode": func(_ Data, o options) (drawer, error) {
		types, err := kindsOf(o, statusTypes)
		return func(r source) any {
			list := statuses[r.pick(types)]
			return float64(list[r.IntN(len(list))])
		}, err
	},
	"internetEmoji": func(_ Data, o options) (drawer, error) {
		types, err := kindsOf(o, emojiTypes)
		return func(r source) any { return r.pick(emojis[r.pick(types)]) }, err
	},
	"internetIpv4": func(_ Data, o options) (drawer, error) {
		block := o.text("cidrBlock", networks[o.text("network", "any")])
		p, err := netip.ParsePrefix(block)
		if err != nil || !p.Addr().Is4() {
			return nil, fmt.Errorf("expected cidrBlock to be a block such as 192.168.0.0/16, found %q", block)
		}
		a := p.Masked().Addr().As4()
		base := uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])
		free := uint32(uint64(1)<<(32-p.Bits()) - 1)
		return func(r source) any { return ipv4(base | r.Uint32()&free) }, nil
	},
	"internetMac": func(_ Data, o options) (drawer, error) {
		separator := o.text("separator", ":")
		if s, ok := o.direct.(string); ok {
			separator = s
		}
		if separator != "-" && separator != "" {
			separator = ":"
		}
		return func(r source) any { return r.mac(separator) }, nil
	},
	"internetPassword": password,
	"internetJwt":      jwt,
}

// kindsOf reads `types`: some of those that there are.
func kindsOf(o options, all []string) ([]string, error) {
	types := o.texts("types")
	if len(types) == 0 {
		return all, nil
	}
	for _, t := range types {
		if !slices.Contains(all, t) {
			return nil, fmt.Errorf("expected types to be some of %s, found %q", strings.Join(all, ", "), t)
		}
	}
	return types, nil
}

func (r source) domainWord() string { return r.pick(adjectives) + "-" + r.pick(nouns) }
func (r source) domain() string     { return r.domainWord() + "." + r.pick(suffixes) }

func (r source) ipv6() string {
	b := make([]byte, 0, 39)
	for i := range 8 {
		if i > 0 {
			b = append(b, ':')
		}
		b = r.append(b, "0123456789abcdef", 4)
	}
	return string(b)
}

func ipv4(n uint32) string {
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}).String()
}

func (r source) mac(separator string) string {
	b := make([]byte, 0, 17)
	for i := range 6 {
		if i > 0 {
			b = append(b, separator...)
		}
		b = r.append(b, "0123456789abcdef", 2)
	}
	return string(b)
}

func (r source) userAgent() string {
	major := decimal(r.between(90, 140))
	switch r.IntN(4) {
	case 0:
		return "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/" + major + ".0.0.0 Safari/537.36"
	case 1:
		return "Mozilla/5.0 (X11; Linux x86_64; rv:" + major + ".0) Gecko/20100101 Firefox/" + major + ".0"
	case 2:
		return "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/" + decimal(r.between(14, 18)) + "." + decimal(r.IntN(6)) + " Safari/605.1.15"
	default:
		return "Mozilla/5.0 (Linux; Android " + decimal(r.between(10, 15)) + "; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/" + major + ".0.0.0 Mobile Safari/537.36"
	}
}

// username joins two names, mostly with a number.
func (r source) username(first, last string) string {
	s := first + r.chars("._", 1) + last
	switch r.IntN(3) {
	case 0:
		s = first + r.chars(digits[1:], 1) + r.chars(digits, 1)
	case 1:
		s += decimal(r.IntN(100))
	}
	return joined.Replace(s)
}

// local drops what has no place in front of an address's @.
func local(c rune) rune {
	if strings.ContainsRune(letters+digits+"._+-", c) {
		return c
	}
	return -1
}

// ascii writes letters without their marks, and others by their numbers, as faker does that has no
// other spelling of them.
func ascii(s string) string {
	if strings.IndexFunc(s, func(c rune) bool { return c >= utf8.RuneSelf }) < 0 {
		return s
	}
	var b strings.Builder
	for _, c := range norm.NFKD.String(s) {
		switch {
		case c < utf8.RuneSelf:
			b.WriteRune(c)
		case !unicode.Is(unicode.Mn, c):
			b.WriteString(strconv.FormatInt(int64(c), 36))
		}
	}
	return b.String()
}

// joined takes out of a name what an address has no place for.
var joined = strings.NewReplacer(" ", "", "'", "")

func called(draw func(r source, first, last string) string) maker {
	return func(_ Data, o options) (drawer, error) {
		first, last := o.text("firstName", ""), o.text("lastName", "")
		return func(r source) any {
			a, b := r.names(first, last)
			return draw(r, a, b)
		}, nil
	}
}

// names are those that are given, else drawn.
func (r source) names(first, last string) (string, string) {
	if first == "" {
		first = r.pick(firstNames)
	}
	if last == "" {
		last = r.pick(surnames)
	}
	return first, last
}

func (r source) email(first, last, provider string, special bool) string {
	name := strings.Trim(strings.Map(local, ascii(r.username(first, last))), "._")
	if special && name != "" {
		at := r.IntN(len(name))
		name = name[:at] + r.chars("!#$%&'*+-/=?^_`{|}~", 1) + name[at:]
	}
	return name + "@" + provider
}

func mail(usual []string) maker {
	return func(_ Data, o options) (drawer, error) {
		from := usual
		if provider := o.text("provider", ""); provider != "" {
			from = []string{provider}
		}
		first, last := o.text("firstName", ""), o.text("lastName", "")
		special := o.bool("allowSpecialCharacters", false)
		return func(r source) any {
			a, b := r.names(first, last)
			return r.email(a, b, r.pick(from), special)
		}, nil
	}
}

func password(_ Data, o options) (drawer, error) {
	length, err := spanOf(o.get("length"), 15, 15)
	if err != nil {
		return nil, err
	}
	prefix := o.text("prefix", "")
	if o.bool("memorable", false) {
		return func(r source) any {
			b, vowel := []byte(prefix), r.flip()
			for len(b) < length.low {
				if vowel {
					b = r.append(b, "aeiou", 1)
				} else {
					b = r.append(b, "bcdfghjklmnpqrstvwxyz", 1)
				}
				vowel = !vowel
			}
			return string(b)
		}, nil
	}
	set := digits + letters + "_"
	if pattern := o.text("pattern", ""); pattern != "" {
		re, err := regexp2.Compile(pattern, regexp2.ECMAScript)
		if err != nil {
			return nil, fmt.Errorf("expected pattern to be a regular expression: %w", err)
		}
		var fitting []byte
		for c := byte('!'); c <= '~'; c++ {
			if ok, err := re.MatchString(string(rune(c))); ok && err == nil {
				fitting = append(fitting, c)
			}
		}
		if set = string(fitting); set == "" {
			return nil, errors.New("expected pattern to match single characters; no printable one does")
		}
	}
	return func(r source) any {
		return string(r.append([]byte(prefix), set, max(length.low-len(prefix), 0)))
	}, nil
}

func jwt(d Data, o options) (drawer, error) {
	at, err := d.time(o, "refDate")
	header, _ := o.get("header").(*template.Object)
	payload, _ := o.get("payload").(*template.Object)
	return func(r source) any {
		head, body := header, payload
		if body == nil {
			issued := r.instant(at.Add(-day), at.Add(-time.Second))
			body = template.NewObject()
			body.Set("iat", float64(issued.Unix()))
			body.Set("exp", float64(r.instant(issued.Add(time.Second), issued.Add(day)).Unix()))
			body.Set("nbf", float64(r.instant(at.Add(-365*day), at.Add(365*day)).Unix()))
			body.Set("iss", r.company())
			body.Set("sub", r.uuid())
			body.Set("aud", r.uuid())
			body.Set("jti", r.uuid())
		}
		if head == nil {
			head = template.NewObject()
			head.Set("alg", r.pick(algorithms))
			head.Set("typ", "JWT")
		}
		encode := func(v any) string { return base64.RawURLEncoding.EncodeToString(template.AppendJSON(nil, v)) }
		return encode(head) + "." + encode(body) + "." + r.chars(digits+letters, 64)
	}, err
}
