package fake

import (
	"errors"

	"github.com/brianvoe/gofakeit/v7/data"
)

var (
	firstNames  = data.Person["first"]
	femaleNames = split("Alice|Amara|Anna|Beatriz|Carmen|Chloe|Clara|Diana|Elena|Emma|Fatima|Freya|Grace|Hana|Ingrid|Irene|Isabel|Julia|Kavya|Leila|Lucia|Maria|Mei|Naomi|Nina|Olivia|Priya|Rosa|Sofia|Yuki|Zoe")
	maleNames   = split("Adam|Ahmed|Andre|Arjun|Ben|Carlos|Daniel|David|Diego|Emil|Felix|Hans|Hiroshi|Hugo|Ivan|Jack|Jamal|Joao|Kofi|Lars|Leo|Luca|Mateo|Milan|Noah|Omar|Pavel|Ravi|Samuel|Tomas|Wei")
	prefixes    = map[string][]string{"female": {"Dr.", "Miss", "Mrs.", "Ms."}, "male": {"Dr.", "Mr."}, "": {"Dr.", "Miss", "Mr.", "Mrs.", "Ms."}}
	descriptors = split("Central|Chief|Corporate|Customer|Direct|District|Dynamic|Forward|Future|Global|Human|International|Internal|Investor|Lead|Legacy|National|Principal|Product|Regional|Senior")
	jobKinds    = split("Administrator|Agent|Analyst|Architect|Assistant|Associate|Consultant|Coordinator|Designer|Developer|Director|Engineer|Executive|Facilitator|Liaison|Manager|Officer|Orchestrator|Planner|Producer|Representative|Specialist|Strategist|Supervisor|Technician")
	jobAreas    = data.Job["level"]
	callings    = split("activist|artist|author|blogger|business owner|coach|creator|designer|developer|dreamer|educator|engineer|entrepreneur|environmentalist|filmmaker|film lover|foodie|founder|friend|gamer|geek|grad|inventor|leader|model|musician|nerd|parent|patriot|person|philosopher|photographer|public speaker|scientist|singer|streamer|student|teacher|traveler|veteran|writer")
)

var personMakers = map[string]maker{
	"personBio": text(func(r source) string {
		switch r.IntN(3) {
		case 0:
			return r.pick(callings)
		case 1:
			return r.pick(callings) + ", " + r.pick(callings)
		default:
			return r.pick(nouns) + " " + r.either("fan", "lover") + ", " + r.pick(callings) + " " + r.pick(emojis["food"])
		}
	}),
	"personFirstName":  bySex(firstNames, femaleNames, maleNames),
	"personMiddleName": bySex(data.Person["middle"], femaleNames, maleNames),
	"personLastName":   bySex(surnames, surnames, surnames),
	"personPrefix":     bySex(prefixes[""], prefixes["female"], prefixes["male"]),
	"personSuffix":     one(data.Person["suffix"]),
	"personGender":     one(split("Agender|Androgynous|Bigender|Cis female|Cis male|Demigender|Female|Gender fluid|Genderqueer|Intersex|Male|Non-binary|Pangender|Trans female|Trans male|Two-spirit")),
	"personSex":        one([]string{"female", "male"}),
	"personSexType": func(d Data, o options) (drawer, error) {
		if o.bool("includeGeneric", false) {
			return one([]string{"female", "generic", "male"})(d, o)
		}
		return one([]string{"female", "male"})(d, o)
	},
	"personFullName": func(_ Data, o options) (drawer, error) {
		first, last, sex := o.text("firstName", ""), o.text("lastName", ""), o.text("sex", "generic")
		return func(r source) any {
			sex := r.sex(sex)
			a, b := first, last
			if a == "" {
				a = r.pick(firstOf(sex))
			}
			if b == "" {
				b = r.pick(surnames)
			}
			name := a + " " + b
			switch r.IntN(10) {
			case 0:
				return r.pick(prefixes[sex]) + " " + name
			case 1:
				return name + " " + r.pick(data.Person["suffix"])
			}
			return name
		}, nil
	},
	"personJobArea":       one(jobAreas),
	"personJobDescriptor": one(descriptors),
	"personJobType":       one(jobKinds),
	"personJobTitle":      text(func(r source) string { return r.pick(descriptors) + " " + r.pick(jobAreas) + " " + r.pick(jobKinds) }),
	"personZodiacSign":    one(split("Aquarius|Aries|Cancer|Capricorn|Gemini|Leo|Libra|Pisces|Sagittarius|Scorpio|Taurus|Virgo")),

	"phoneImei": text(func(r source) string { return r.fillLuhn("##-######-######-L") }),
	"phoneNumber": func(_ Data, o options) (drawer, error) {
		forms := split("!##-!##-####|(!##) !##-####|1-!##-!##-####|!##.!##.####|!##-!##-#### x###|(!##) !##-#### x####|1-!##-!##-#### x#####")
		switch o.text("style", "human") {
		case "national":
			forms = []string{"(!##) !##-####"}
		case "international":
			forms = []string{"+1!##!######"}
		case "mobile":
			forms = []string{"!##-!##-####"}
		}
		return func(r source) any { return r.fill(r.pick(forms)) }, nil
	},
}

// sex is that which is asked for; generic is either.
func (r source) sex(wanted string) string {
	if wanted == "generic" || wanted == "" {
		return r.either("female", "male")
	}
	return wanted
}

func firstOf(sex string) []string {
	if sex == "female" {
		return femaleNames
	}
	return maleNames
}

func bySex(any, female, male []string) maker {
	return func(d Data, o options) (drawer, error) {
		switch o.direct {
		case "female":
			return one(female)(d, o)
		case "male":
			return one(male)(d, o)
		case "generic", undefined:
			return one(any)(d, o)
		}
		return nil, errors.New("expected female, male or generic")
	}
}
