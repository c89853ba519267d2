package fake

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"salvo/pkg/template"
)

var currencies = records("name code symbol numericCode", `
Australian Dollar|AUD|$|036
Bulgarian Lev|BGN|лв|975
Brazilian Real|BRL|R$|986
Canadian Dollar|CAD|$|124
Swiss Franc|CHF|CHF|756
Chilean Peso|CLP|$|152
Yuan Renminbi|CNY|¥|156
Colombian Peso|COP|$|170
Czech Koruna|CZK|Kč|203
Danish Krone|DKK|kr|208
Egyptian Pound|EGP|£|818
Euro|EUR|€|978
Pound Sterling|GBP|£|826
Hong Kong Dollar|HKD|$|344
Forint|HUF|Ft|348
Rupiah|IDR|Rp|360
New Israeli Sheqel|ILS|₪|376
Indian Rupee|INR|₹|356
Iceland Krona|ISK|kr|352
Yen|JPY|¥|392
Won|KRW|₩|410
Mexican Peso|MXN|$|484
Malaysian Ringgit|MYR|RM|458
Naira|NGN|₦|566
Norwegian Krone|NOK|kr|578
New Zealand Dollar|NZD|$|554
Sol|PEN|S/|604
Philippine Peso|PHP|₱|608
Zloty|PLN|zł|985
Swedish Krona|SEK|kr|752
Singapore Dollar|SGD|$|702
Baht|THB|฿|764
Turkish Lira|TRY|₺|949
Hryvnia|UAH|₴|980
US Dollar|USD|$|840
Dong|VND|₫|704
Rand|ZAR|R|710
`)

func currencyPart(key string) maker {
	var list []string
	for _, c := range currencies {
		v, _ := c.(*template.Object).Get(key)
		list = append(list, v.(string))
	}
	return one(list)
}

// cards are the forms of card numbers by issuer: # is a digit, L the check digit.
var cards = map[string][]string{
	"american_express": {"34##-######-####L", "37##-######-####L"},
	"diners_club":      {"300#-######-###L", "305#-######-###L", "36##-######-###L", "38##-######-###L"},
	"discover":         {"6011-####-####-###L", "65##-####-####-###L"},
	"jcb":              {"3528-####-####-###L", "3557-####-####-###L", "3589-####-####-###L"},
	"maestro":          {"5018-####-####-###L", "5020-####-####-###L", "6304-####-####-###L", "6759-####-####-###L"},
	"mastercard":       {"51##-####-####-###L", "53##-####-####-###L", "55##-####-####-###L", "2720-####-####-###L"},
	"visa":             {"4###########L", "4###-####-####-###L"},
}

var issuers = []string{"american_express", "diners_club", "discover", "jcb", "maestro", "mastercard", "visa"}

// accounts are the forms of bank accounts by country, as IBANs have them: n is a digit, a a capital
// letter, c either.
var accounts = map[string]string{
	"AD": "8n12c", "AE": "19n", "AL": "8n16c", "AT": "16n", "AZ": "4a20n", "BA": "16n", "BE": "12n", "BG": "4a6n8c",
	"BH": "4a14c", "BR": "23n1a1c", "CH": "5n12c", "CR": "18n", "CY": "8n16c", "CZ": "20n", "DE": "18n", "DK": "14n",
	"DO": "4a20n", "EE": "16n", "ES": "20n", "FI": "14n", "FO": "14n", "FR": "10n11c2n", "GB": "4a14n", "GE": "2a16n",
	"GI": "4a15c", "GL": "14n", "GR": "7n16c", "GT": "24c", "HR": "17n", "HU": "24n", "IE": "4a14n", "IL": "19n",
	"IR": "22n", "IS": "22n", "IT": "1a10n12c", "JO": "4a22n", "KW": "4a22c", "KZ": "3n13c", "LB": "4n20c",
	"LI": "5n12c", "LT": "16n", "LU": "3n13c", "LV": "4a13c", "MC": "10n11c2n", "MD": "20c", "ME": "18n",
	"MK": "3n10c2n", "MR": "23n", "MT": "4a5n18c", "MU": "4a19n3a", "NL": "4a10n", "NO": "11n", "PK": "4a16n",
	"PL": "24n", "PS": "4a21n", "PT": "21n", "QA": "4a21c", "RO": "4a16c", "RS": "18n", "SA": "2n18c", "SE": "20n",
	"SI": "15n", "SK": "20n", "SM": "1a10n12c", "TL": "19n", "TN": "20n", "TR": "5n1n16c", "UA": "6n19c", "VG": "4a16n",
	"XK": "16n",
}

var accountCountries = func() []string {
	var all []string
	for country := range accounts {
		all = append(all, country)
	}
	slices.Sort(all)
	return all
}()

var (
	accountKinds     = split("Auto Loan|Checking|Credit Card|Home Loan|Investment|Money Market|Personal Loan|Savings")
	transactionKinds = split("deposit|invoice|payment|withdrawal")
	routing          = split("0110|0210|0310|0410|0510|0610|0710|0810|0910|1010|1110|1210|1221|1230|1240|1250")
)

var financeMakers = map[string]maker{
	"financeAccountName":         text(func(r source) string { return r.pick(accountKinds) + " Account" }),
	"financeAccountNumber":       digitsOf("length", 8),
	"financePin":                 digitsOf("length", 4),
	"financeCreditCardCVV":       text(func(r source) string { return r.chars(digits, 3) }),
	"financeCreditCardIssuer":    one(issuers),
	"financeTransactionType":     one(transactionKinds),
	"financeCurrency":            oneRecord(currencies),
	"financeCurrencyCode":        currencyPart("code"),
	"financeCurrencyName":        currencyPart("name"),
	"financeCurrencySymbol":      currencyPart("symbol"),
	"financeCurrencyNumericCode": currencyPart("numericCode"),
	"financeEthereumAddress":     text(func(r source) string { return "0x" + r.hexadecimal(40) }),
	"financeLitecoinAddress":     text(func(r source) string { return r.chars("LM3", 1) + r.chars(base58, r.between(25, 32)) }),
	"financeBitcoinAddress":      bitcoin,
	"financeIban":                iban,
	"financeRoutingNumber": text(func(r source) string {
		b := r.append([]byte(r.pick(routing)), digits, 4)
		sum := 0
		for i, c := range b {
			sum += []int{3, 7, 1}[i%3] * int(c-'0')
		}
		return string(append(b, digits[(10-sum%10)%10]))
	}),
	"financeAmount": func(_ Data, o options) (drawer, error) {
		low, high, err := o.limits(0, 1000)
		if err != nil {
			return nil, err
		}
		dec, err := fraction(o, "dec", 2)
		symbol, grouped := o.text("symbol", ""), o.bool("autoFormat", false)
		return func(r source) any {
			s := strconv.FormatFloat(r.rounded(low, high, dec), 'f', dec, 64)
			if grouped {
				s = thousands(s)
			}
			return symbol + s
		}, err
	},
	"financeCreditCardNumber": func(_ Data, o options) (drawer, error) {
		issuer := o.text("issuer", "")
		if s, ok := o.direct.(string); ok {
			issuer = s
		}
		forms := cards[strings.ToLower(issuer)]
		switch {
		case forms != nil:
		case strings.Contains(issuer, "#"):
			forms = []string{issuer}
		case issuer != "":
			return nil, fmt.Errorf("expected an issuer, one of %s, or a form such as 4###-####-####-###L, found %q", strings.Join(issuers, ", "), issuer)
		}
		return func(r source) any {
			from := forms
			if from == nil {
				from = cards[r.pick(issuers)]
			}
			return r.fillLuhn(r.pick(from))
		}, nil
	},
	"financeBic": func(_ Data, o options) (drawer, error) {
		always := o.has("includeBranchCode")
		branch := o.bool("includeBranchCode", false)
		return func(r source) any {
			b := r.append(nil, upper, 4)
			b = append(b, r.pick(accountCountries)...)
			b = r.append(b, digits+upper, 2)
			if always && !branch || !always && r.flip() {
				return string(b)
			}
			if r.flip() {
				return string(append(b, "XXX"...))
			}
			return string(r.append(b, digits+upper, 3))
		}, nil
	},
	"financeTransactionDescription": text(func(r source) string {
		code, _ := currencies[r.IntN(len(currencies))].(*template.Object).Get("code")
		amount := strconv.FormatFloat(r.rounded(0, 1000, 2), 'f', 2, 64)
		return capital(r.pick(transactionKinds)) + " of " + code.(string) + " " + amount + " at " + r.company() +
			" with card ****" + r.chars(digits, 4) + " from account ***" + r.chars(digits, 4)
	}),
}

const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

func digitsOf(key string, otherwise int) maker {
	return func(_ Data, o options) (drawer, error) {
		length, err := o.span(key, otherwise, otherwise)
		if err == nil && length.low < 1 {
			err = errors.New("expected a length of at least 1")
		}
		return func(r source) any { return r.chars(digits, length.draw(r)) }, err
	}
}

func thousands(s string) string {
	whole, _, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func bitcoin(_ Data, o options) (drawer, error) {
	type form struct {
		main, test, set string
		low, high       int
	}
	const bech32 = "023456789acdefghjklmnpqrstuvwxyz"
	forms := map[string]form{
		"legacy":  {"1", "m", base58, 26, 34},
		"segwit":  {"3", "2", base58, 34, 34},
		"bech32":  {"bc1", "tb1", bech32, 42, 42},
		"taproot": {"bc1p", "tb1p", bech32, 62, 62},
	}
	kinds := []string{"legacy", "segwit", "bech32", "taproot"}
	if kind := o.text("type", ""); kind != "" {
		kinds = []string{kind}
	}
	test := o.text("network", "mainnet") == "testnet"
	return func(r source) any {
		f := forms[r.pick(kinds)]
		prefix := f.main
		if test {
			prefix = f.test
		}
		return prefix + r.chars(f.set, r.between(f.low, f.high)-len(prefix))
	}, nil
}

func iban(_ Data, o options) (drawer, error) {
	countries := accountCountries
	if country := o.text("countryCode", ""); country != "" {
		if accounts[country] == "" {
			return nil, fmt.Errorf("expected a countryCode, one of %s, found %q", strings.Join(accountCountries, ", "), country)
		}
		countries = []string{country}
	}
	formatted := o.bool("formatted", false)
	return func(r source) any {
		country := r.pick(countries)
		var b []byte
		n := 0
		for _, c := range []byte(accounts[country]) {
			switch {
			case c >= '0' && c <= '9':
				n = n*10 + int(c-'0')
				continue
			case c == 'n':
				b = r.append(b, digits, n)
			case c == 'a':
				b = r.append(b, upper, n)
			default:
				b = r.append(b, digits+upper, n)
			}
			n = 0
		}
		rest := 0
		for _, c := range append(slices.Clip(b), country+"00"...) {
			if c >= 'A' {
				rest = (rest*100 + int(c-'A') + 10) % 97
			} else {
				rest = (rest*10 + int(c-'0')) % 97
			}
		}
		s := fmt.Sprintf("%s%02d%s", country, 98-rest, b)
		if formatted {
			for i := (len(s) - 1) / 4 * 4; i > 0; i -= 4 {
				s = s[:i] + " " + s[i:]
			}
		}
		return s
	}, nil
}
