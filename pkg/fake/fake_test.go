package fake_test

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"salvo/pkg/fake"
	"salvo/pkg/script"
	"salvo/pkg/template"
)

var record = flag.Bool("record", false, "write testdata/functions.txt anew, from the Artillery in .tools/artillery")

const recorded = "testdata/functions.txt"

type scope struct{ random *rand.Rand }

func (s scope) Lookup(string) (any, bool) { return template.Undefined, false }
func (s scope) Rand() *rand.Rand          { return s.random }

func seeded(seed uint64) scope { return scope{rand.New(rand.NewPCG(seed, 1))} }

var data = fake.Data{Now: time.Date(2026, 11, 25, 1, 16, 13, 0, time.UTC)}

// needed are options for those that cannot do without.
var needed = map[string]string{
	"dateBetween":          `{"from":"2024-01-01","to":"2024-12-31"}`,
	"dateBetweens":         `{"from":"2024-01-01","to":"2024-12-31"}`,
	"stringFromCharacters": `"abc"`,
}

func function(t testing.TB, name, options string) template.Func {
	t.Helper()
	fn, err := data.Function(name, parse(t, options))
	if err != nil {
		t.Fatalf("%s(%s): %v", name, options, err)
	}
	return fn
}

func parse(t testing.TB, text string) any {
	t.Helper()
	if text == "" {
		return template.Undefined
	}
	v, err := template.ParseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func draw(t testing.TB, fn template.Func, s scope) any {
	t.Helper()
	v, err := fn(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func typeOf(v any) string {
	switch v := v.(type) {
	case bool:
		return "boolean"
	case float64:
		return "number"
	case string:
		return "string"
	case []any:
		return "list"
	case *template.Object:
		words := []string{"object"}
		for i := range v.Len() {
			key, _ := v.At(i)
			words = append(words, key)
		}
		return strings.Join(words, " ")
	}
	return "undefined"
}

// TestFunctions holds the functions against those of the plugin, which are
// recorded: the same names, and values of the same type. A date and a big integer
// are texts here.
func TestFunctions(t *testing.T) {
	if *record {
		var out bytes.Buffer
		cmd := exec.Command("node", "testdata/functions.mjs", "../../.tools/artillery")
		cmd.Stdout, cmd.Stderr = &out, os.Stderr
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(recorded, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(recorded)
	if err != nil {
		t.Fatal(err)
	}
	names, aliases := script.FakeNames()
	var offered []string
	for line := range strings.Lines(strings.TrimSpace(string(text))) {
		name, want, _ := strings.Cut(strings.TrimSpace(line), " ")
		if alias, ok := strings.CutPrefix(want, "= "); ok {
			if aliases[name] != alias {
				t.Errorf("%s stands for %q, want %q", name, aliases[name], alias)
			}
			delete(aliases, name)
			continue
		}
		offered = append(offered, name)
		t.Run(name, func(t *testing.T) {
			fn := function(t, name, needed[name])
			want := strings.NewReplacer("date", "string", "bigint", "string").Replace(want)
			different := map[string]bool{}
			for seed := range uint64(50) {
				v := draw(t, fn, seeded(seed))
				if got := typeOf(v); got != want {
					t.Fatalf("seed %d: %s of type %s, want %s", seed, template.Text(v), got, want)
				}
				if again := draw(t, fn, seeded(seed)); template.Text(again) != template.Text(v) {
					t.Fatalf("seed %d gives %s, then %s", seed, template.Text(v), template.Text(again))
				}
				different[template.Text(v)] = true
				if strings.Contains(template.Text(v), "undefined") || template.Text(v) == "" {
					t.Fatalf("seed %d: %q", seed, template.Text(v))
				}
			}
			if len(different) < 2 {
				t.Errorf("always %v", different)
			}
		})
	}
	if !slices.Equal(names, offered) {
		t.Errorf("the script knows %d names, the plugin has %d: %v", len(names), len(offered), names)
	}
	if len(aliases) > 0 {
		t.Errorf("the plugin has no %v", aliases)
	}
}

func TestForms(t *testing.T) {
	const uuid = `[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`
	tests := []struct{ name, options, want string }{
		{"numberInt", `{"min":7,"max":7}`, `7`},
		{"numberInt", `{"min":-3,"max":3,"multipleOf":3}`, `-3|0|3`},
		{"numberInt", `9`, `\d`},
		{"numberFloat", `{"min":1,"max":2,"fractionDigits":2}`, `1(\.\d\d?)?|2`},
		{"numberFloat", `{"multipleOf":0.25}`, `0|0\.25|0\.5|0\.75|1`},
		{"numberFloat", `{"min":0.3,"max":0.3,"multipleOf":0.1}`, `0\.3`},
		{"numberHex", `{"min":255,"max":255}`, `ff`},
		{"numberBigInt", `{"min":5,"max":6}`, `[56]`},
		{"numberRomanNumeral", `{"min":1994,"max":1994}`, `MCMXCIV`},
		{"datatypeBoolean", `1`, `true`},
		{"stringAlpha", `5`, `[A-Za-z]{5}`},
		{"stringAlpha", `2.5`, `[A-Za-z]{2}`},
		{"stringAlpha", `{"length":{"min":2,"max":4},"casing":"upper","exclude":["A"]}`, `[B-Z]{2,4}`},
		{"stringAlphanumeric", `{"length":8,"casing":"lower"}`, `[a-z0-9]{8}`},
		{"stringNumeric", `{"length":3,"allowLeadingZeros":false}`, `[1-9]\d\d`},
		{"stringHexadecimal", `{"length":4,"prefix":"#","casing":"lower"}`, `#[0-9a-f]{4}`},
		{"stringFromCharacters", `["ab","cd"]`, `ab|cd`},
		{"stringUuid", ``, uuid},
		{"stringUuid", `{"version":7,"refDate":0}`, `00000000-0000-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`},
		{"stringUlid", `{"refDate":0}`, `0{10}[0-9A-HJKMNP-TV-Z]{16}`},
		{"stringNanoid", ``, `[A-Za-z0-9_-]{21}`},
		{"stringSymbol", `3`, `[!-/:-@\[-\x60{-~]{3}`},
		{"internetEmail", `{"provider":"x.org","firstName":"Ann","lastName":"Lee"}`, `Ann.*@x\.org`},
		{"internetEmail", ``, `[\w.-]+@(gmail|hotmail|yahoo)\.com`},
		{"internetEmail", `{"firstName":"Zoë","lastName":"O(b)rien, <x>"}`, `(?i)zoe[._]?(obrienx)?\d*@(gmail|hotmail|yahoo)\.com`},
		{"internetEmail", `{"firstName":"José","lastName":"Nuñez","allowSpecialCharacters":true}`, `[!-~]+@[a-z]+\.com`},
		{"internetUsername", `{"firstName":"José","lastName":"Nuñez"}`, `[!-~]+`},
		{"internetExampleEmail", ``, `[\w.-]+@example\.(com|net|org)`},
		{"internetIpv4", `{"network":"private-c"}`, `192\.168\.\d+\.\d+`},
		{"internetIpv4", `{"cidrBlock":"10.1.2.4/30"}`, `10\.1\.2\.[4-7]`},
		{"internetMac", `"-"`, `([0-9a-f]{2}-){5}[0-9a-f]{2}`},
		{"internetPassword", `{"length":8,"pattern":"[A-C]","prefix":"x"}`, `x[ABC]{7}`},
		{"internetPassword", `{"memorable":true}`, `[a-z]{15}`},
		{"internetHttpStatusCode", `{"types":["success"]}`, `2\d\d`},
		{"internetUrl", `{"protocol":"http","appendSlash":true}`, `http://[a-z-]+\.[a-z]+/`},
		{"internetJwt", ``, `[\w-]+\.[\w-]+\.[A-Za-z0-9]{64}`},
		{"internetJwt", `{"header":{"a":1},"payload":{"b":2}}`, `eyJhIjoxfQ\.eyJiIjoyfQ\.[A-Za-z0-9]{64}`},
		{"dateBetween", `{"from":"2024-02-29T10:00:00Z","to":"2024-02-29T10:00:00Z"}`, `Thu Feb 29 2024 10:00:00 GMT\+0000 \(Coordinated Universal Time\)`},
		{"datePast", `{"refDate":"2024-01-01","years":1}`, `.* 2023 .*`},
		{"datePast", `{"refDate":"2024-01-01","years":0.5}`, `.* 2023 .*`},
		{"dateRecent", `{"refDate":"2024-01-01T12:00:00Z","days":0.5}`, `Mon Jan 01 2024 .*`},
		{"dateBetween", `{"from":"1000-01-01","to":"1999-12-31"}`, `.* 1\d{3} .*`},
		{"dateMonth", `{"abbreviated":true}`, `[A-Z][a-z]{2}`},
		{"dateBirthdate", `{"mode":"year","min":1990,"max":1990}`, `.* 1990 .*`},
		{"gitCommitDate", ``, `Tue Nov 24 \d\d:\d\d:\d\d 2026 [+-]\d{4}|Wed Nov 25 0[01]:\d\d:\d\d 2026 [+-]\d{4}`},
		{"gitCommitEntry", `{"merge":true,"eol":"LF"}`, `commit [0-9a-f]{40}\nMerge: [0-9a-f]{7} [0-9a-f]{7}\nAuthor: .* <.*@.*>\nDate: .*\n\n\s{4}.*\n`},
		{"financeAmount", `{"min":1000,"max":9999,"symbol":"$","autoFormat":true}`, `\$\d,\d{3}\.\d\d`},
		{"financePin", `6`, `\d{6}`},
		{"financeIban", `{"countryCode":"DE","formatted":true}`, `DE\d\d( \d{4}){4} \d\d`},
		{"financeCreditCardNumber", `"visa"`, `4[\d-]+`},
		{"financeCreditCardNumber", `"63[7-9]#-!!L"`, `63[789]\d-[2-9]{2}\d`},
		{"financeBitcoinAddress", `{"type":"taproot","network":"testnet"}`, `tb1p[0-9a-z]{58}`},
		{"commercePrice", `{"min":5,"max":6,"dec":1,"symbol":"E"}`, `E[56]\.\d`},
		{"commerceIsbn", `10`, `[01]-\d+-\d+-[\dX]`},
		{"colorRgb", `{"format":"css"}`, `rgb\(\d+, \d+, \d+\)`},
		{"colorRgb", `{"casing":"upper","prefix":"0x"}`, `0x[0-9A-F]{6}`},
		{"colorHsl", `{"format":"css","includeAlpha":true}`, `hsl\(\d+deg \d+% \d+% / \d+\)`},
		{"locationLatitude", `{"min":1,"max":2,"precision":1}`, `1(\.\d)?|2`},
		{"locationZipCode", `"?# ###"`, `[A-Z]\d \d{3}`},
		{"locationZipCode", `{"state":"CA"}`, `900\d\d`},
		{"locationCountryCode", `"alpha-3"`, `[A-Z]{3}`},
		{"loremWords", `{"min":2,"max":2}`, `[a-z]+ [a-z]+`},
		{"loremSentence", `4`, `[A-Z][a-z]*( [a-z]+){3}\.`},
		{"wordNoun", `{"length":4}`, `.{4}`},
		{"wordNoun", `{"length":400,"strategy":"closest"}`, `.+`},
		{"personFullName", `{"firstName":"Ann","lastName":"Lee"}`, `.*Ann Lee.*`},
		{"personPrefix", `"male"`, `Dr\.|Mr\.`},
		{"phoneNumber", `{"style":"international"}`, `\+1\d{10}`},
		{"phoneImei", ``, `\d\d-\d{6}-\d{6}-\d`},
		{"systemFileExt", `"image/png"`, `png`},
		{"systemFileName", `{"extensionCount":0}`, `[a-z_-]+`},
		{"airlineFlightNumber", `{"length":2,"addLeadingZeros":true}`, `00[1-9]\d`},
		{"imageUrl", `{"width":10,"height":20}`, `https://picsum\.photos/seed/\w+/10/20`},
		{"vehicleVin", ``, `[0-9A-HJ-NPR-Z]{10}[A-HJ-NPR-Z][0-9A-HJ-NPR-Z]\d{5}`},
	}
	for _, test := range tests {
		t.Run(test.name+test.options, func(t *testing.T) {
			fn, want := function(t, test.name, test.options), regexp.MustCompile(`^(?s:`+test.want+`)$`)
			for seed := range uint64(100) {
				if got := template.Text(draw(t, fn, seeded(seed))); !want.MatchString(got) {
					t.Fatalf("seed %d: %q, want %s", seed, got, test.want)
				}
			}
		})
	}
}

func TestCheckDigits(t *testing.T) {
	luhn := func(s string) bool {
		sum, double := 0, false
		for i := len(s) - 1; i >= 0; i-- {
			if s[i] == '-' {
				continue
			}
			d := int(s[i] - '0')
			if double {
				if d *= 2; d > 9 {
					d -= 9
				}
			}
			sum, double = sum+d, !double
		}
		return sum%10 == 0
	}
	iban := func(s string) bool {
		rest := 0
		for _, c := range s[4:] + s[:4] {
			if c >= 'A' {
				rest = (rest*100 + int(c-'A') + 10) % 97
			} else {
				rest = (rest*10 + int(c-'0')) % 97
			}
		}
		return rest == 1
	}
	isbn := func(s string) bool {
		sum := 0
		for i, c := range strings.ReplaceAll(s, "-", "") {
			sum += int(c-'0') * (1 + 2*(i%2))
		}
		return sum%10 == 0
	}
	weighted := func(s string, weights ...int) (sum int) {
		for i, c := range strings.ReplaceAll(s, "-", "") {
			if c == 'X' {
				c = '0' + 10
			}
			sum += int(c-'0') * weights[i%len(weights)]
		}
		return sum
	}
	for call, valid := range map[string]func(string) bool{
		"commerceIsbn 10":         func(s string) bool { return weighted(s, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)%11 == 0 },
		"financeRoutingNumber":    func(s string) bool { return weighted(s, 3, 7, 1)%10 == 0 },
		"financeCreditCardNumber": luhn, "phoneImei": luhn, "financeIban": iban, "commerceIsbn": isbn,
		"commerceUpc": func(s string) bool { return isbn("0" + s) },
	} {
		name, options, _ := strings.Cut(call, " ")
		fn := function(t, name, options)
		for seed := range uint64(200) {
			if s := template.Text(draw(t, fn, seeded(seed))); !valid(s) {
				t.Errorf("%s: %s is not valid", call, s)
			}
		}
	}
}

func TestWrongOptions(t *testing.T) {
	tests := []struct{ name, options, want string }{
		{"numberInt", `{"min":5,"max":4}`, "min to be at most max"},
		{"numberInt", `{"min":4,"max":5,"multipleOf":7}`, "no such number"},
		{"numberInt", `{"multipleOf":-1}`, "multipleOf"},
		{"stringAlpha", `1e9`, "at most"},
		{"stringNumeric", `{"exclude":"0123456789"}`, "exclude"},
		{"dateBetween", ``, "needs the options"},
		{"dateBetween", `{"from":"2025-01-01","to":"2024-01-01"}`, "`from` to be before `to`"},
		{"datePast", `{"refDate":"soon"}`, "expected refDate to be a date"},
		{"datePast", `{"years":{"min":2,"max":2}}`, "max of years"},
		{"internetIpv4", `{"cidrBlock":"x"}`, "cidrBlock"},
		{"internetEmoji", `{"types":["no"]}`, "types"},
		{"internetPassword", `{"pattern":"("}`, "regular expression"},
		{"internetPassword", `{"pattern":"ü"}`, "printable"},
		{"financeIban", `{"countryCode":"XX"}`, "countryCode"},
		{"locationZipCode", `{"state":"XX"}`, "state"},
		{"personFirstName", `"unknown"`, "female"},
		{"systemFileExt", `"a/b"`, "MIME"},
		{"stringFromCharacters", ``, "needs characters"},
		{"noSuch", ``, "no function"},
	}
	for _, test := range tests {
		if _, err := data.Function(test.name, parse(t, test.options)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s(%s): %v, want an error with %q", test.name, test.options, err, test.want)
		}
	}
}

func BenchmarkDraw(b *testing.B) {
	for _, name := range []string{"personFirstName", "personFullName", "internetEmail", "numberInt", "stringUuid", "loremSentence"} {
		b.Run(name, func(b *testing.B) {
			fn, s := function(b, name, ""), seeded(1)
			b.ReportAllocs()
			for b.Loop() {
				draw(b, fn, s)
			}
		})
	}
}
