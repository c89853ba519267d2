package fake

import (
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/brianvoe/gofakeit/v7/data"

	"salvo/pkg/template"
)

var (
	cities    = data.Address["city"]
	states    = data.Address["state"]
	countries = data.Address["country"]
	streets   = split("Alley|Avenue|Bridge|Circle|Corner|Court|Crossing|Drive|Field|Forge|Gardens|Green|Grove|Harbor|Hill|Junction|Lane|Meadow|Mews|Mill|Orchard|Park|Path|Place|Plaza|Ridge|Road|Row|Square|Street|Terrace|Trail|View|Walk|Way")
	counties  = split("Adams County|Avon|Bedfordshire|Berkshire|Borders|Buckinghamshire|Clark County|Cornwall|Cumbria|Devon|Dorset|Essex|Fife|Franklin County|Gloucestershire|Grant County|Hampshire|Jackson County|Jefferson County|Kent|Lake County|Lancashire|Lincoln County|Madison County|Monroe County|Norfolk|Orange County|Scott County|Suffolk|Surrey|Sussex|Union County|Washington County|Wayne County")

	cardinals      = []string{"North", "East", "South", "West"}
	ordinals       = []string{"Northeast", "Northwest", "Southeast", "Southwest"}
	cardinalsShort = []string{"N", "E", "S", "W"}
	ordinalsShort  = []string{"NE", "NW", "SE", "SW"}
)

// countryCodes have the three codes that a country has.
var countryCodes = records("alpha-2 alpha-3 numeric", `
AR|ARG|032
AT|AUT|040
AU|AUS|036
BD|BGD|050
BE|BEL|056
BR|BRA|076
CA|CAN|124
CH|CHE|756
CL|CHL|152
CN|CHN|156
CO|COL|170
CZ|CZE|203
DE|DEU|276
DK|DNK|208
EG|EGY|818
ES|ESP|724
ET|ETH|231
FI|FIN|246
FR|FRA|250
GB|GBR|826
GH|GHA|288
GR|GRC|300
HU|HUN|348
ID|IDN|360
IE|IRL|372
IL|ISR|376
IN|IND|356
IS|ISL|352
IT|ITA|380
JP|JPN|392
KE|KEN|404
KR|KOR|410
MA|MAR|504
MX|MEX|484
MY|MYS|458
NG|NGA|566
NL|NLD|528
NO|NOR|578
NZ|NZL|554
PE|PER|604
PH|PHL|608
PK|PAK|586
PL|POL|616
PT|PRT|620
RO|ROU|642
SE|SWE|752
SG|SGP|702
TH|THA|764
TR|TUR|792
UA|UKR|804
US|USA|840
UY|URY|858
VN|VNM|704
ZA|ZAF|710
`)

var languages = records("name alpha2 alpha3", `
Amharic|am|amh
Arabic|ar|ara
Bengali|bn|ben
Bulgarian|bg|bul
Chinese|zh|zho
Croatian|hr|hrv
Czech|cs|ces
Danish|da|dan
Dutch|nl|nld
English|en|eng
Estonian|et|est
Finnish|fi|fin
French|fr|fra
German|de|deu
Greek|el|ell
Hausa|ha|hau
Hebrew|he|heb
Hindi|hi|hin
Hungarian|hu|hun
Icelandic|is|isl
Indonesian|id|ind
Irish|ga|gle
Italian|it|ita
Japanese|ja|jpn
Korean|ko|kor
Latvian|lv|lav
Lithuanian|lt|lit
Malay|ms|msa
Norwegian|no|nor
Persian|fa|fas
Polish|pl|pol
Portuguese|pt|por
Romanian|ro|ron
Russian|ru|rus
Slovak|sk|slk
Spanish|es|spa
Swahili|sw|swa
Swedish|sv|swe
Tamil|ta|tam
Thai|th|tha
Turkish|tr|tur
Ukrainian|uk|ukr
Urdu|ur|urd
Vietnamese|vi|vie
Yoruba|yo|yor
Zulu|zu|zul
`)

// zips are the postal codes of some states, by their first digits.
var zips = map[string]string{
	"AK": "995", "AL": "350", "AR": "717", "AZ": "850", "CA": "900", "CO": "800", "CT": "060", "DC": "200", "DE": "198",
	"FL": "322", "GA": "302", "HI": "967", "IA": "510", "ID": "832", "IL": "600", "IN": "463", "KS": "666", "KY": "404",
	"LA": "701", "MA": "021", "MD": "210", "ME": "040", "MI": "480", "MN": "555", "MO": "630", "MS": "387", "MT": "590",
	"NC": "288", "ND": "586", "NE": "688", "NH": "036", "NJ": "076", "NM": "880", "NV": "898", "NY": "122", "OH": "444",
	"OK": "730", "OR": "979", "PA": "186", "RI": "029", "SC": "299", "SD": "577", "TN": "383", "TX": "798", "UT": "847",
	"VA": "222", "VT": "054", "WA": "990", "WI": "549", "WV": "247", "WY": "831",
}

var locationMakers = map[string]maker{
	"locationBuildingNumber":    text(source.building),
	"locationCity":              text(source.city),
	"locationContinent":         one(split("Africa|Antarctica|Asia|Australia|Europe|North America|South America")),
	"locationCountry":           one(countries),
	"locationCounty":            one(counties),
	"locationLanguage":          oneRecord(languages),
	"locationTimeZone":          one(data.TimeZone["region"]),
	"locationState":             abbreviated(states, data.Address["state_abr"]),
	"locationCardinalDirection": abbreviated(cardinals, cardinalsShort),
	"locationOrdinalDirection":  abbreviated(ordinals, ordinalsShort),
	"locationDirection":         abbreviated(slices.Concat(cardinals, ordinals), slices.Concat(cardinalsShort, ordinalsShort)),
	"locationStreet":            text(source.street),
	"locationSecondaryAddress":  text(source.secondary),
	"locationLatitude":          coordinate(90),
	"locationLongitude":         coordinate(180),
	"locationStreetAddress": func(_ Data, o options) (drawer, error) {
		full := o.bool("useFullAddress", o.direct == true)
		return func(r source) any {
			address := r.building() + " " + r.street()
			if full {
				address += " " + r.secondary()
			}
			return address
		}, nil
	},
	"locationPostalAddress": text(func(r source) string {
		address := r.building() + " " + r.street() + "\n" + r.city() + "\n" + r.pick(states) + "\n" + r.fill("#####-####")
		if r.chance(0.3) {
			return r.secondary() + "\n" + address
		}
		return address
	}),
	"locationCountryCode": func(_ Data, o options) (drawer, error) {
		variant := o.text("variant", "alpha-2")
		if s, ok := o.direct.(string); ok {
			variant = s
		}
		if variant != "alpha-2" && variant != "alpha-3" && variant != "numeric" {
			return nil, errors.New("expected alpha-2, alpha-3 or numeric")
		}
		var codes []string
		for _, c := range countryCodes {
			v, _ := c.(*template.Object).Get(variant)
			codes = append(codes, v.(string))
		}
		return one(codes)(Data{}, o)
	},
	"locationZipCode": func(_ Data, o options) (drawer, error) {
		form := o.text("format", "")
		if s, ok := o.direct.(string); ok {
			form = s
		}
		if state := o.text("state", ""); state != "" {
			if form = zips[state] + "##"; zips[state] == "" {
				return nil, errors.New("expected state to be the two letters of a state of the USA, such as CA")
			}
		}
		return func(r source) any {
			if form == "" {
				return r.fill([...]string{"#####", "#####-####"}[r.IntN(2)])
			}
			return r.fill(form)
		}, nil
	},
	"locationNearbyGPSCoordinate": func(_ Data, o options) (drawer, error) {
		origin, _ := o.get("origin").([]any)
		if o.has("origin") && len(origin) != 2 {
			return nil, errors.New("expected origin to be a latitude and a longitude")
		}
		radius := o.number("radius", 10)
		if !o.bool("isMetric", false) {
			radius *= 1.60934
		}
		return func(r source) any {
			if origin == nil {
				return []any{r.rounded(-90, 90, 4), r.rounded(-180, 180, 4)}
			}
			const degree = 40_000.0 / 360 // kilometres
			angle, distance := r.Float64()*2*math.Pi, r.Float64()*radius*0.995/degree
			north := math.Remainder(template.Number(origin[0])+math.Sin(angle)*distance, 360)
			east := template.Number(origin[1]) + math.Cos(angle)*distance
			if math.Abs(north) > 90 {
				north, east = math.Copysign(180, north)-north, east+180
			}
			return []any{north, math.Mod(math.Mod(east+180, 360)+360, 360) - 180}
		}, nil
	},
}

func abbreviated(long, short []string) maker {
	return func(d Data, o options) (drawer, error) {
		if o.bool("abbreviated", false) {
			return one(short)(d, o)
		}
		return one(long)(d, o)
	}
}

func coordinate(most float64) maker {
	return func(_ Data, o options) (drawer, error) {
		low, high, err := o.limits(-most, most)
		if err != nil {
			return nil, err
		}
		precision, err := fraction(o, "precision", 4)
		return func(r source) any { return r.rounded(low, high, precision) }, err
	}
}

// building is a number of three to five digits that does not begin with 0.
func (r source) building() string {
	return string(r.append(r.append(nil, digits[1:], 1), digits, r.between(2, 4)))
}

func (r source) city() string {
	switch r.IntN(4) {
	case 0:
		return r.pick(firstNames) + r.pick(data.Address["street_suffix"])
	case 1:
		return r.pick(data.Address["street_prefix"]) + " " + r.pick(firstNames)
	default:
		return r.pick(cities)
	}
}

func (r source) street() string {
	if r.flip() {
		return r.pick(surnames) + " " + r.pick(streets)
	}
	return strings.TrimSpace(r.pick(firstNames) + " " + r.pick(streets))
}

func (r source) secondary() string {
	return r.either("Apt. ", "Suite ") + r.building()[:3]
}

func (r source) either(a, b string) string {
	if r.flip() {
		return a
	}
	return b
}
