package fake

import (
	"strings"

	"github.com/brianvoe/gofakeit/v7/data"

	"salvo/pkg/template"
)

var undefined = template.Undefined

// split reads a list of texts with | between them.
func split(s string) []string { return strings.Split(s, "|") }

// records reads lines of fields with | between them into objects. A key that ends in # has numbers.
func records(keys string, lines string) []any {
	names := strings.Fields(keys)
	var out []any
	for line := range strings.Lines(strings.TrimSpace(lines)) {
		o := template.NewObject()
		for i, field := range split(strings.TrimRight(line, "\n")) {
			if name, isNumber := strings.CutSuffix(names[i], "#"); isNumber {
				o.Set(name, template.Number(field))
			} else {
				o.Set(name, field)
			}
		}
		out = append(out, o)
	}
	return out
}

// oneRecord draws an object. Values are never changed, so all users may have the same one.
func oneRecord(list []any) maker {
	return func(Data, options) (drawer, error) {
		return func(r source) any { return list[r.IntN(len(list))] }, nil
	}
}

var animalMakers = map[string]maker{
	"animalBear":       one(split("American black bear|Asian black bear|Brown bear|Giant panda|Polar bear|Sloth bear|Spectacled bear|Sun bear")),
	"animalBird":       one(data.Animal["bird"]),
	"animalCat":        one(data.Animal["cat"]),
	"animalCetacean":   one(split("Amazon River Dolphin|Beluga|Blue Whale|Bottlenose Dolphin|Bowhead Whale|Fin Whale|Gray Whale|Harbour Porpoise|Humpback Whale|Minke Whale|Narwhal|Orca|Sperm Whale|Spinner Dolphin|Vaquita")),
	"animalCow":        one(split("Aberdeen Angus|Ayrshire|Belgian Blue|Brahman|Charolais|Dexter|Galloway|Guernsey|Hereford|Highland|Holstein|Jersey|Limousin|Longhorn|Shorthorn|Simmental")),
	"animalCrocodilia": one(split("African Dwarf Crocodile|American Alligator|American Crocodile|Black Caiman|Broad-snouted Caiman|Chinese Alligator|Gharial|Mugger Crocodile|Nile Crocodile|Saltwater Crocodile|Spectacled Caiman|Tomistoma")),
	"animalDog":        one(data.Animal["dog"]),
	"animalFish":       one(split("Albacore|Anchovy|Atlantic cod|Atlantic herring|Atlantic salmon|Bluefin tuna|Carp|Catfish|European pilchard|Haddock|Halibut|Mackerel|Nile tilapia|Pollock|Rainbow trout|Sardine|Skipjack tuna|Yellowfin tuna")),
	"animalHorse":      one(split("Akhal-Teke|Andalusian|Appaloosa|Arabian|Belgian|Clydesdale|Connemara|Fjord|Friesian|Haflinger|Hanoverian|Icelandic|Lipizzan|Lusitano|Morgan|Mustang|Percheron|Shetland|Shire|Thoroughbred|Trakehner")),
	"animalInsect":     one(split("Army ant|Bed bug|Bumblebee|Carpenter ant|Cicada|Common earwig|Dragonfly|Fire ant|Firefly|German wasp|Green lacewing|Honey bee|House fly|Ladybird|Mayfly|Mosquito|Praying mantis|Silverfish|Stag beetle|Termite")),
	"animalLion":       one(split("Asiatic Lion|Barbary Lion|Cape Lion|Masai Lion|Northeast Congo Lion|Transvaal Lion|West African Lion")),
	"animalPetName":    one(data.Animal["petname"]),
	"animalRabbit":     one(split("American|American Fuzzy Lop|Angora|Belgian Hare|Californian|Checkered Giant|Dutch|Dwarf Hotot|Flemish Giant|Havana|Himalayan|Holland Lop|Lionhead|Mini Rex|Netherland Dwarf|New Zealand|Polish|Rex|Satin")),
	"animalRodent":     one(split("Agouti|Beaver|Bank vole|Capybara|Chinchilla|Common dormouse|Degu|Eastern chipmunk|Field mouse|Golden hamster|Grey squirrel|Groundhog|Guinea pig|Gundi|House mouse|Lemming|Mara|Muskrat|Nutria|Porcupine|Prairie dog")),
	"animalSnake":      one(split("Anaconda|Ball python|Black mamba|Boa constrictor|Boomslang|Common adder|Coral snake|Corn snake|Cottonmouth|Garter snake|Grass snake|Keelback|King cobra|Krait|Puff adder|Rat snake|Rattlesnake|Reticulated python|Taipan")),
	"animalType":       one(data.Animal["animal"]),
}

var airports = records("name iataCode", `
Amsterdam Airport Schiphol|AMS
Beijing Capital International Airport|PEK
Cape Town International Airport|CPT
Charles de Gaulle Airport|CDG
Denver International Airport|DEN
Dubai International Airport|DXB
Frankfurt Airport|FRA
Hartsfield-Jackson Atlanta International Airport|ATL
Heathrow Airport|LHR
Hong Kong International Airport|HKG
Incheon International Airport|ICN
Indira Gandhi International Airport|DEL
Istanbul Airport|IST
John F. Kennedy International Airport|JFK
Jorge Chavez International Airport|LIM
Los Angeles International Airport|LAX
Narita International Airport|NRT
O'Hare International Airport|ORD
Sao Paulo-Guarulhos International Airport|GRU
Singapore Changi Airport|SIN
Sydney Airport|SYD
Toronto Pearson International Airport|YYZ
`)

var airlines = records("name iataCode", `
Aeromexico|AM
Air Canada|AC
Air France|AF
All Nippon Airways|NH
American Airlines|AA
Avianca|AV
British Airways|BA
Cathay Pacific|CX
Delta Air Lines|DL
Emirates|EK
Ethiopian Airlines|ET
Finnair|AY
Iberia|IB
KLM|KL
LATAM Airlines|LA
Lufthansa|LH
Qantas|QF
Qatar Airways|QR
Singapore Airlines|SQ
Turkish Airlines|TK
United Airlines|UA
`)

var airplanes = records("name iataTypeCode", `
Airbus A220-300|223
Airbus A319|319
Airbus A320|320
Airbus A321|321
Airbus A330-300|333
Airbus A350-900|359
Airbus A380|380
Boeing 737-800|738
Boeing 747-400|744
Boeing 757-200|752
Boeing 767-300|763
Boeing 777-300|773
Boeing 787-9|789
Bombardier CRJ900|CR9
Embraer 190|E90
Embraer 195|E95
`)

var (
	aircraft = []string{"narrowbody", "regional", "widebody"}
	rows     = map[string]int{"regional": 20, "narrowbody": 35, "widebody": 60}
	seats    = map[string]string{"regional": "ABCD", "narrowbody": "ABCDEF", "widebody": "ABCDEFGHJK"}
)

// elements are the first elements of the periodic table, by their numbers.
var elements = func() []any {
	lines := strings.Fields("H:Hydrogen He:Helium Li:Lithium Be:Beryllium B:Boron C:Carbon N:Nitrogen O:Oxygen F:Fluorine Ne:Neon Na:Sodium Mg:Magnesium Al:Aluminum Si:Silicon P:Phosphorus S:Sulfur Cl:Chlorine Ar:Argon K:Potassium Ca:Calcium Sc:Scandium Ti:Titanium V:Vanadium Cr:Chromium Mn:Manganese Fe:Iron Co:Cobalt Ni:Nickel Cu:Copper Zn:Zinc Ga:Gallium Ge:Germanium As:Arsenic Se:Selenium Br:Bromine Kr:Krypton Rb:Rubidium Sr:Strontium Y:Yttrium Zr:Zirconium Nb:Niobium Mo:Molybdenum Tc:Technetium Ru:Ruthenium Rh:Rhodium Pd:Palladium Ag:Silver Cd:Cadmium In:Indium Sn:Tin Sb:Antimony Te:Tellurium I:Iodine Xe:Xenon Cs:Caesium Ba:Barium")
	var out []any
	for i, line := range lines {
		symbol, name, _ := strings.Cut(line, ":")
		o := template.NewObject()
		o.Set("symbol", symbol)
		o.Set("name", name)
		o.Set("atomicNumber", float64(i+1))
		out = append(out, o)
	}
	return out
}()

var units = records("name symbol", `
ampere|A
becquerel|Bq
candela|cd
coulomb|C
degree Celsius|°C
farad|F
gray|Gy
henry|H
hertz|Hz
joule|J
kelvin|K
kilogram|kg
lumen|lm
lux|lx
meter|m
mole|mol
newton|N
ohm|Ω
pascal|Pa
radian|rad
second|s
siemens|S
sievert|Sv
steradian|sr
tesla|T
volt|V
watt|W
weber|Wb
`)

var thingMakers = map[string]maker{
	"airlineAirport":      oneRecord(airports),
	"airlineAirline":      oneRecord(airlines),
	"airlineAirplane":     oneRecord(airplanes),
	"airlineAircraftType": one(aircraft),
	"airlineFlightNumber": func(_ Data, o options) (drawer, error) {
		length, err := o.span("length", 1, 4)
		zeros := o.bool("addLeadingZeros", false)
		return func(r source) any {
			b := r.append(r.append(nil, digits[1:], 1), digits, max(length.draw(r)-1, 0))
			if zeros && len(b) < 4 {
				return "0000"[len(b):] + string(b)
			}
			return string(b)
		}, err
	},
	"airlineRecordLocator": func(_ Data, o options) (drawer, error) {
		set := upper
		if o.bool("allowNumerics", false) {
			set += digits
		}
		if !o.bool("allowVisuallySimilarCharacters", false) {
			set = without(set, textsOf("0O1IL"))
		}
		return func(r source) any { return r.chars(set, 6) }, nil
	},
	"airlineSeat": func(_ Data, o options) (drawer, error) {
		kind := o.text("aircraftType", "narrowbody")
		return func(r source) any { return decimal(r.between(1, rows[kind])) + r.chars(seats[kind], 1) }, nil
	},

	"bookAuthor":    one(data.Books["author"]),
	"bookFormat":    one(split("Audiobook|Ebook|Hardcover|Paperback")),
	"bookGenre":     one(data.Books["genre"]),
	"bookPublisher": one(split("Bloomsbury|Cambridge University Press|Faber and Faber|Hachette Livre|HarperCollins|Houghton Mifflin|Macmillan|Oxford University Press|Penguin Books|Random House|Scholastic|Simon & Schuster|Springer")),
	"bookSeries":    one(split("A Song of Ice and Fire|Discworld|Dune|Foundation|Harry Potter|Millennium|Sherlock Holmes|The Chronicles of Narnia|The Dark Tower|The Hunger Games|The Lord of the Rings|The Witcher|Wheel of Time")),
	"bookTitle":     one(data.Books["title"]),

	"databaseCollation":       one(split("ascii_bin|ascii_general_ci|cp1250_bin|cp1250_general_ci|utf8_bin|utf8_general_ci|utf8_unicode_ci")),
	"databaseColumn":          one(split("avatar|category|comment|createdAt|email|group|id|name|password|phone|status|title|token|updatedAt")),
	"databaseEngine":          one(split("ARCHIVE|BLACKHOLE|CSV|InnoDB|MEMORY|MyISAM")),
	"databaseType":            one(split("bigint|binary|bit|blob|boolean|date|datetime|decimal|double|enum|float|int|mediumint|point|real|serial|smallint|text|time|timestamp|tinyint|varchar")),
	"databaseMongodbObjectId": text(func(r source) string { return r.hexadecimal(24) }),

	"musicAlbum":    one(split("Abbey Road|Back in Black|Blonde on Blonde|Born to Run|Discovery|Graceland|Hotel California|Kind of Blue|Legend|London Calling|Nevermind|OK Computer|Pet Sounds|Purple Rain|Rumours|Tapestry|Thriller")),
	"musicArtist":   one(data.Songs["artist"]),
	"musicGenre":    one(data.Songs["genre"]),
	"musicSongName": one(data.Songs["name"]),

	"scienceChemicalElement": oneRecord(elements),
	"scienceUnit":            oneRecord(units),
}

var vehicleMakers = map[string]maker{
	"vehicleBicycle":      one(split("Adventure Road Bicycle|BMX Bicycle|City Bicycle|Cruiser Bicycle|Cyclocross Bicycle|Fitness Bicycle|Folding Bicycle|Hybrid Bicycle|Mountain Bicycle|Recumbent Bicycle|Road Bicycle|Tandem Bicycle|Touring Bicycle|Track/Fixed-Gear Bicycle")),
	"vehicleColor":        one(colors),
	"vehicleFuel":         one(data.Car["fuel_type"]),
	"vehicleManufacturer": one(data.Car["maker"]),
	"vehicleModel":        one(data.Car["model"]),
	"vehicleType":         one(split("Cargo Van|Convertible|Coupe|Crew Cab Pickup|Extended Cab Pickup|Hatchback|Minivan|Passenger Van|SUV|Sedan|Wagon")),
	"vehicleVehicle":      text(func(r source) string { return r.pick(data.Car["maker"]) + " " + r.pick(data.Car["model"]) }),
	"vehicleVin": text(func(r source) string {
		const some = "ABCDEFGHJKLMNPRSTUVWXYZ"
		b := r.append(make([]byte, 0, 17), digits+some, 10)
		b = r.append(b, some, 1)
		b = r.append(b, digits+some, 1)
		return string(r.append(b, digits, 5))
	}),
	"vehicleVrm": text(func(r source) string { return r.fill("??##???") }),
}
