package fake

import (
	"errors"
	"strconv"
	"strings"

	"github.com/brianvoe/gofakeit/v7/data"
)

var (
	departments = split("Automotive|Baby|Beauty|Books|Clothing|Computers|Electronics|Games|Garden|Grocery|Health|Home|Industrial|Jewelry|Kids|Movies|Music|Outdoors|Shoes|Sports|Tools|Toys")
	goods       = split("Bacon|Ball|Bike|Car|Chair|Cheese|Chicken|Chips|Computer|Fish|Gloves|Hat|Keyboard|Mouse|Pants|Pizza|Salad|Sausages|Shirt|Shoes|Soap|Table|Towels|Tuna")
	materials   = split("Aluminum|Bamboo|Bronze|Ceramic|Concrete|Cotton|Gold|Granite|Marble|Metal|Plastic|Rubber|Silk|Steel|Wooden")
	qualities   = titled(single(data.Product["adjective"]))
	surnames    = data.Person["last"]
	buzzwords   = data.Company["buzzwords"]
	buzzVerbs   = data.Company["bs"]
)

func titled(list []string) []string {
	var out []string
	for _, s := range list {
		out = append(out, capital(s))
	}
	return out
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

var commerceMakers = map[string]maker{
	"commerceDepartment":       one(departments),
	"commerceProduct":          one(goods),
	"commerceProductAdjective": one(qualities),
	"commerceProductMaterial":  one(materials),
	"commerceProductName":      text(func(r source) string { return r.productName() }),
	"commerceProductDescription": text(func(r source) string {
		switch r.IntN(3) {
		case 0:
			return "The " + r.pick(qualities) + " " + r.pick(goods) + " of " + strings.ToLower(r.pick(materials)) + ", made for " + r.pick(adjectives) + " days"
		case 1:
			return r.productName() + " by " + r.company() + ", with " + r.pick(adjectives) + " " + r.pick(nouns) + " and in " + r.pick(colors)
		default:
			return "A " + r.pick(adjectives) + " " + r.pick(goods) + " for your " + r.pick(departments) + " needs: " + r.pick(buzzwords) + " and " + r.pick(adjectives)
		}
	}),
	"commercePrice": func(_ Data, o options) (drawer, error) {
		low, high, err := o.limits(1, 1000)
		if err != nil {
			return nil, err
		}
		dec, err := fraction(o, "dec", 2)
		symbol := o.text("symbol", "")
		if low < 0 || high < 0 {
			return func(source) any { return symbol + "0" }, err
		}
		return func(r source) any { return symbol + r.price(low, high, dec) }, err
	},
	"commerceIsbn": func(_ Data, o options) (drawer, error) {
		variant, separator := o.number("variant", 13), o.text("separator", "-")
		if f, ok := o.direct.(float64); ok {
			variant = f
		}
		if variant != 10 && variant != 13 {
			return nil, errors.New("expected 10 or 13")
		}
		return func(r source) any { return r.isbn(variant == 10, separator) }, nil
	},
	"commerceUpc": func(_ Data, o options) (drawer, error) {
		prefix := o.text("prefix", "")
		if strings.Trim(prefix, digits) != "" || len(prefix) > 11 {
			return nil, errors.New("expected prefix to be at most 11 digits")
		}
		return func(r source) any {
			b := r.append(append(make([]byte, 0, 12), prefix...), digits, 11-len(prefix))
			sum := 0
			for i, c := range b {
				sum += int(c-'0') * (3 - 2*(i%2))
			}
			return string(append(b, digits[(10-sum%10)%10]))
		}, nil
	},

	"companyBuzzAdjective":         one(buzzwords),
	"companyBuzzNoun":              one(hackerNouns),
	"companyBuzzVerb":              one(buzzVerbs),
	"companyBuzzPhrase":            text(func(r source) string { return r.pick(buzzVerbs) + " " + r.pick(buzzwords) + " " + r.pick(hackerNouns) }),
	"companyCatchPhraseAdjective":  one(buzzwords),
	"companyCatchPhraseDescriptor": one(adjectives),
	"companyCatchPhraseNoun":       one(hackerNouns),
	"companyCatchPhrase":           text(func(r source) string { return r.pick(buzzwords) + " " + r.pick(adjectives) + " " + r.pick(hackerNouns) }),
	"companyName":                  text(source.company),
}

func (r source) company() string {
	switch name := r.pick(surnames); r.IntN(3) {
	case 0:
		return name + " " + r.pick(data.Company["suffix"])
	case 1:
		return name + " - " + r.pick(surnames)
	default:
		return name + ", " + r.pick(surnames) + " and " + r.pick(surnames)
	}
}

func (r source) productName() string {
	return r.pick(qualities) + " " + r.pick(materials) + " " + r.pick(goods)
}

// price is a number whose last digit is mostly a 9 or a 5.
func (r source) price(low, high float64, dec int) string {
	f := r.rounded(low, high, dec)
	s := strconv.FormatFloat(f, 'f', dec, 64)
	if dec == 0 || low == high {
		return s
	}
	last := "9999955505"[r.IntN(10)]
	nicer := s[:len(s)-1] + string(last)
	if f, err := strconv.ParseFloat(nicer, 64); err == nil && f >= low && f <= high {
		return nicer
	}
	return s
}

// isbn is a book's number of the group 0 or 1, with a registrant of two to five digits.
func (r source) isbn(short bool, separator string) string {
	group, rest := r.chars("01", 1), r.chars(digits, 8)
	cut := r.between(2, 5)
	number, weight := group+rest, 0
	if short {
		for i, c := range []byte(number) {
			weight += (i + 1) * int(c-'0')
		}
		return strings.Join([]string{group, rest[:cut], rest[cut:], "0123456789X"[weight%11 : weight%11+1]}, separator)
	}
	for i, c := range []byte("978" + number) {
		weight += (1 + 2*(i%2)) * int(c-'0')
	}
	check := (10 - weight%10) % 10
	return strings.Join([]string{"978", group, rest[:cut], rest[cut:], digits[check : check+1]}, separator)
}
