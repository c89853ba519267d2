package script

// fakeTable names every function of the plugin fake-data, with what its options
// may be: first a value that stands for all of them, then the keys of an object.
// The letters are n a number, b true or false, s a text, r a number or a range
// {min, max}, t a point in time, l texts, p two numbers, o an object; words in
// braces are the texts that there are.
const fakeTable = `
airlineAircraftType
airlineAirline
airlineAirplane
airlineAirport
airlineFlightNumber length=r addLeadingZeros=b
airlineRecordLocator allowNumerics=b allowVisuallySimilarCharacters=b
airlineSeat aircraftType={narrowbody,regional,widebody}
animalBear
animalBird
animalCat
animalCetacean
animalCow
animalCrocodilia
animalDog
animalFish
animalHorse
animalInsect
animalLion
animalPetName
animalRabbit
animalRodent
animalSnake
animalType
bookAuthor
bookFormat
bookGenre
bookPublisher
bookSeries
bookTitle
colorCmyk format={decimal,css,binary}
colorColorByCSSColorSpace format={decimal,css,binary} space={sRGB,display-p3,rec2020,a98-rgb,prophoto-rgb}
colorCssSupportedFunction
colorCssSupportedSpace
colorHsl format={decimal,css,binary} includeAlpha=b
colorHuman
colorHwb format={decimal,css,binary}
colorLab format={decimal,css,binary}
colorLch format={decimal,css,binary}
colorRgb prefix=s casing={upper,lower,mixed} format={hex,decimal,css,binary} includeAlpha=b
colorSpace
commerceDepartment
commerceIsbn n variant=n separator=s
commercePrice min=n max=n dec=n symbol=s
commerceProduct
commerceProductAdjective
commerceProductDescription
commerceProductMaterial
commerceProductName
commerceUpc prefix=s
companyBuzzAdjective
companyBuzzNoun
companyBuzzPhrase
companyBuzzVerb
companyCatchPhrase
companyCatchPhraseAdjective
companyCatchPhraseDescriptor
companyCatchPhraseNoun
companyName
databaseCollation
databaseColumn
databaseEngine
databaseMongodbObjectId
databaseType
datatypeBoolean n probability=n
dateAnytime refDate=t
dateBetween from=t to=t
dateBetweens from=t to=t count=r
dateBirthdate mode={age,year} min=n max=n refDate=t
dateFuture years=r refDate=t
dateMonth abbreviated=b context=b
datePast years=r refDate=t
dateRecent days=r refDate=t
dateSoon days=r refDate=t
dateTimeZone
dateWeekday abbreviated=b context=b
financeAccountName
financeAccountNumber n length=n
financeAmount min=n max=n dec=n symbol=s autoFormat=b
financeBic includeBranchCode=b
financeBitcoinAddress type={legacy,segwit,bech32,taproot} network={mainnet,testnet}
financeCreditCardCVV
financeCreditCardIssuer
financeCreditCardNumber s issuer=s
financeCurrency
financeCurrencyCode
financeCurrencyName
financeCurrencyNumericCode
financeCurrencySymbol
financeEthereumAddress
financeIban formatted=b countryCode=s
financeLitecoinAddress
financePin n length=n
financeRoutingNumber
financeTransactionDescription
financeTransactionType
foodAdjective
foodDescription
foodDish
foodEthnicCategory
foodFruit
foodIngredient
foodMeat
foodSpice
foodVegetable
gitBranch
gitCommitDate refDate=t
gitCommitEntry merge=b eol={LF,CRLF} refDate=t
gitCommitMessage
gitCommitSha length=n
hackerAbbreviation
hackerAdjective
hackerIngverb
hackerNoun
hackerPhrase
hackerVerb
imageAvatar
imageAvatarGitHub
imageDataUri width=n height=n color=s type={svg-uri,svg-base64}
imagePersonPortrait sex={female,male,generic} size=n
imageUrl width=n height=n
imageUrlLoremFlickr width=n height=n category=s
imageUrlPicsumPhotos width=n height=n grayscale=b blur=n
internetDisplayName firstName=s lastName=s
internetDomainName
internetDomainSuffix
internetDomainWord
internetEmail firstName=s lastName=s provider=s allowSpecialCharacters=b
internetEmoji types=l
internetExampleEmail firstName=s lastName=s allowSpecialCharacters=b
internetHttpMethod
internetHttpStatusCode types=l
internetIp
internetIpv4 cidrBlock=s network={any,loopback,private-a,private-b,private-c,test-net-1,test-net-2,test-net-3,link-local,multicast}
internetIpv6
internetJwt header=o payload=o refDate=t
internetJwtAlgorithm
internetMac s separator=s
internetPassword length=n memorable=b pattern=s prefix=s
internetPort
internetProtocol
internetUrl appendSlash=b protocol={http,https}
internetUserAgent
internetUsername firstName=s lastName=s
locationBuildingNumber
locationCardinalDirection abbreviated=b
locationCity
locationContinent
locationCountry
locationCountryCode s variant={alpha-2,alpha-3,numeric}
locationCounty
locationDirection abbreviated=b
locationLanguage
locationLatitude min=n max=n precision=n
locationLongitude min=n max=n precision=n
locationNearbyGPSCoordinate origin=p radius=n isMetric=b
locationOrdinalDirection abbreviated=b
locationPostalAddress
locationSecondaryAddress
locationState abbreviated=b
locationStreet
locationStreetAddress b useFullAddress=b
locationTimeZone
locationZipCode s state=s format=s
loremLines r
loremParagraph r
loremParagraphs r
loremSentence r
loremSentences r
loremSlug r
loremText
loremWord n length=r strategy={fail,closest,shortest,longest,any-length}
loremWords r
musicAlbum
musicArtist
musicGenre
musicSongName
numberBigInt n min=n max=n multipleOf=n
numberBinary n min=n max=n
numberFloat n min=n max=n fractionDigits=n multipleOf=n
numberHex n min=n max=n
numberInt n min=n max=n multipleOf=n
numberOctal n min=n max=n
numberRomanNumeral n min=n max=n
personBio
personFirstName s
personFullName firstName=s lastName=s sex={female,male,generic}
personGender
personJobArea
personJobDescriptor
personJobTitle
personJobType
personLastName s
personMiddleName s
personPrefix s
personSex
personSexType includeGeneric=b
personSuffix
personZodiacSign
phoneImei
phoneNumber style={human,national,international,mobile}
scienceChemicalElement
scienceUnit
stringAlpha n length=r casing={upper,lower,mixed} exclude=l
stringAlphanumeric n length=r casing={upper,lower,mixed} exclude=l
stringBinary length=r prefix=s
stringFromCharacters l
stringHexadecimal length=r casing={upper,lower,mixed} prefix=s
stringNanoid r
stringNumeric n length=r allowLeadingZeros=b exclude=l
stringOctal length=r prefix=s
stringSample r
stringSymbol r
stringUlid refDate=t
stringUuid version=n refDate=t
systemCommonFileExt
systemCommonFileName s
systemCommonFileType
systemCron includeYear=b includeNonStandard=b
systemDirectoryPath
systemFileExt s
systemFileName extensionCount=r
systemFilePath
systemFileType
systemMimeType
systemNetworkInterface interfaceType={en,wl,ww} interfaceSchema={index,slot,mac,pci}
systemSemver
vehicleBicycle
vehicleColor
vehicleFuel
vehicleManufacturer
vehicleModel
vehicleType
vehicleVehicle
vehicleVin
vehicleVrm
wordAdjective n length=r strategy={fail,closest,shortest,longest,any-length}
wordAdverb n length=r strategy={fail,closest,shortest,longest,any-length}
wordConjunction n length=r strategy={fail,closest,shortest,longest,any-length}
wordInterjection n length=r strategy={fail,closest,shortest,longest,any-length}
wordNoun n length=r strategy={fail,closest,shortest,longest,any-length}
wordPreposition n length=r strategy={fail,closest,shortest,longest,any-length}
wordSample n length=r strategy={fail,closest,shortest,longest,any-length}
wordVerb n length=r strategy={fail,closest,shortest,longest,any-length}
wordWords r count=r
`

// fakeAliases are older names of some of the functions.
const fakeAliases = `
randBoolean datatypeBoolean
randCity locationCity
randColor colorHuman
randCompanyName companyName
randCountry locationCountry
randEmail internetEmail
randFirstName personFirstName
randFullName personFullName
randIp internetIpv4
randJobTitle personJobTitle
randLastName personLastName
randNumber numberInt
randParagraph loremParagraph
randPassword internetPassword
randPhoneNumber phoneNumber
randProductName commerceProductName
randSentence loremSentence
randStreetAddress locationStreetAddress
randText loremText
randUrl internetUrl
randUserName internetUsername
randUuid stringUuid
randWord loremWord
randZipCode locationZipCode
`

// fakeDocs say what the keys of options are for; a key means the same wherever it is.
var fakeDocs = map[string]string{
	"abbreviated":                    "the short form",
	"addLeadingZeros":                "fill up to four digits",
	"aircraftType":                   "whose seat it is",
	"allowLeadingZeros":              "whether it may begin with 0",
	"allowNumerics":                  "digits, too",
	"allowSpecialCharacters":         "characters besides letters, digits, dots and dashes",
	"allowVisuallySimilarCharacters": "0, O, 1, I and L, too",
	"appendSlash":                    "a / at the end",
	"autoFormat":                     "commas between thousands",
	"blur":                           "how blurred, from 1 to 10",
	"casing":                         "upper, lower or mixed",
	"category":                       "what it shows",
	"cidrBlock":                      "the network, such as 10.0.0.0/8",
	"color":                          "the color of the background",
	"context":                        "has no effect in English",
	"count":                          "how many",
	"countryCode":                    "the country, in two letters",
	"days":                           "how many days away at most",
	"dec":                            "digits after the point",
	"eol":                            "LF or CRLF",
	"exclude":                        "characters that are left out",
	"extensionCount":                 "how many extensions",
	"firstName":                      "the first name to use",
	"format":                         "the form of the value",
	"formatted":                      "in groups of four",
	"fractionDigits":                 "digits after the point",
	"from":                           "the earliest",
	"grayscale":                      "without colors",
	"header":                         "the header of the token",
	"height":                         "in pixels",
	"includeAlpha":                   "with transparency",
	"includeBranchCode":              "with the three characters of a branch",
	"includeGeneric":                 "generic, too",
	"includeNonStandard":             "@daily and its like, too",
	"includeYear":                    "with the year",
	"interfaceSchema":                "how it is named",
	"interfaceType":                  "what it is",
	"isMetric":                       "radius in kilometers rather than miles",
	"issuer":                         "who issues the card, or the form of the number",
	"lastName":                       "the last name to use",
	"length":                         "how many characters",
	"max":                            "the most",
	"memorable":                      "easy to say",
	"merge":                          "whether it is a merge",
	"min":                            "the least",
	"mode":                           "whether min and max are ages or years",
	"multipleOf":                     "what it can be divided by",
	"network":                        "the network it is of",
	"origin":                         "latitude and longitude of the center",
	"pattern":                        "a regular expression that each character matches",
	"payload":                        "the payload of the token",
	"precision":                      "digits after the point",
	"prefix":                         "what it begins with",
	"probability":                    "of true, from 0 to 1",
	"protocol":                       "http or https",
	"provider":                       "the domain",
	"radius":                         "how far away at most",
	"refDate":                        "the date it is counted from, rather than the start of the load",
	"separator":                      "what stands between the parts",
	"sex":                            "female, male or generic",
	"size":                           "in pixels",
	"space":                          "the color space",
	"state":                          "the state, in two letters",
	"strategy":                       "what to do when no word has this length",
	"style":                          "the form of the number",
	"symbol":                         "what stands in front",
	"to":                             "the latest",
	"type":                           "the kind",
	"types":                          "the kinds to draw from",
	"useFullAddress":                 "with an apartment or suite",
	"variant":                        "which of the forms",
	"version":                        "4 or 7",
	"width":                          "in pixels",
	"years":                          "how many years away at most",
}
