package settings

import (
	"fmt"
	"net/mail"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The checks return what is wrong with a value, "" when nothing is.

// Together the names may have 48 letters: those of functions end at 64, and
// "-aggregator" comes behind.
const (
	longestService = 32
	longestStage   = 16
)

var (
	serviceName = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)
	stageName   = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)
	regionName  = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]+$`)
)

func checkService(s string) string {
	if !serviceName.MatchString(s) || len(s) > longestService {
		return fmt.Sprintf("%s cannot name a stack: take small letters, digits and dashes, beginning with a letter and not ending with a dash, %d at most", quote(s), longestService)
	}
	return ""
}

func checkStage(s string) string {
	if !stageName.MatchString(s) || len(s) > longestStage {
		return fmt.Sprintf("%s cannot be a stage: take small letters, digits and dashes, not beginning or ending with a dash, %d at most", quote(s), longestStage)
	}
	return ""
}

func checkRegion(s string) string {
	if !regionName.MatchString(s) {
		return quote(s) + " is not the name of a region, such as eu-central-1"
	}
	return ""
}

func oneOf(values ...string) func(string) string {
	return func(s string) string {
		if slices.Contains(values, s) {
			return ""
		}
		if near := nearest(s, values); near != "" {
			return fmt.Sprintf("expected %s, found %s; did you mean `%s`?", strings.Join(values, " or "), quote(s), near)
		}
		return fmt.Sprintf("expected %s, found %s", strings.Join(values, " or "), quote(s))
	}
}

// Lambda's own rule for names of variables, and the names that it keeps for itself.
var (
	variableName  = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]+$`)
	reservedNames = []string{
		"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID",
		"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
	}
)

func checkVariable(s string) string {
	switch {
	case !variableName.MatchString(s):
		return quote(s) + " cannot name a variable of a function: take at least two letters, digits and underscores, beginning with a letter"
	case strings.HasPrefix(s, "SALVO_"), strings.HasPrefix(s, "AWS_LAMBDA_"), slices.Contains(reservedNames, s):
		return quote(s) + " is set by Salvo or by Lambda itself; take another name"
	}
	return ""
}

var (
	parameterName = regexp.MustCompile(`^[a-zA-Z0-9_.-]+$|^(/[a-zA-Z0-9_.-]+)+$`)
	secretName    = regexp.MustCompile(`^[a-zA-Z0-9/_+=.@-]+$`)
	secretARN     = regexp.MustCompile(`^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[a-zA-Z0-9/_+=.@-]+-[a-zA-Z0-9]{6}$`)
)

func checkSecret(s string) string {
	const forms = "expected `ssm:/name/of/parameter`, `secretsmanager:name` or, for one value of a secret that is a JSON object, `secretsmanager:name#key`"
	secret := parseSecret(s)
	switch secret.Service {
	case SSM:
		if !parameterName.MatchString(secret.Name) || secret.Key != "" || strings.Contains(s, "#") {
			return forms + "; found " + quote(s)
		}
	case SecretsManager:
		switch {
		case strings.HasPrefix(secret.Name, "arn:") && !secretARN.MatchString(secret.Name):
			return quote(secret.Name) + " is not the whole ARN of a secret: it ends with a dash and six letters that Secrets Manager adds"
		case !strings.HasPrefix(secret.Name, "arn:") && !secretName.MatchString(secret.Name), strings.HasSuffix(s, "#"):
			return forms + "; found " + quote(s)
		}
	default:
		return forms + "; found " + quote(s)
	}
	return ""
}

func parseSecret(s string) Secret {
	service, rest, _ := strings.Cut(s, ":")
	name, key, _ := strings.Cut(rest, "#")
	return Secret{Service: service, Name: name, Key: key}
}

var (
	subnetID        = regexp.MustCompile(`^subnet-[0-9a-f]{8,17}$`)
	securityGroupID = regexp.MustCompile(`^sg-[0-9a-f]{8,17}$`)
)

func checkSubnet(s string) string {
	if !subnetID.MatchString(s) {
		return quote(s) + " is not the ID of a subnet, such as subnet-0a1b2c3d4e5f60718"
	}
	return ""
}

func checkSecurityGroup(s string) string {
	if !securityGroupID.MatchString(s) {
		return quote(s) + " is not the ID of a security group, such as sg-0a1b2c3d4e5f60718"
	}
	return ""
}

var (
	actionName = regexp.MustCompile(`^[a-z0-9-]+:[a-zA-Z*?][a-zA-Z0-9*?]*$`)
	policyARN  = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/[a-zA-Z0-9+=,.@_/-]+$`)
)

func checkAction(s string) string {
	if s != "*" && !actionName.MatchString(s) {
		return quote(s) + " is not an action of IAM, such as s3:GetObject"
	}
	return ""
}

func checkResource(s string) string {
	if s != "*" && (!strings.HasPrefix(s, "arn:") || strings.Count(s, ":") < 5) {
		return quote(s) + " is not an ARN, such as arn:aws:s3:::my-bucket/*"
	}
	return ""
}

func checkPolicy(s string) string {
	if !policyARN.MatchString(s) {
		return quote(s) + " is not the ARN of a policy, such as arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"
	}
	return ""
}

// checkARN is for a resource of one service; what says of what.
func checkARN(service, what string) func(string) string {
	form := regexp.MustCompile(`^arn:aws[a-z-]*:` + service + `:[a-z0-9-]*:[0-9]{12}:[^\s]+$`)
	return func(s string) string {
		if !form.MatchString(s) {
			return fmt.Sprintf("expected the ARN %s (arn:aws:%s:…), found %s", what, service, quote(s))
		}
		return ""
	}
}

func checkTagKey(s string) string {
	switch {
	case s == "" || len([]rune(s)) > 128:
		return "a tag's key has 1 to 128 letters"
	case strings.HasPrefix(strings.ToLower(s), "aws:"), strings.HasPrefix(s, "salvo:"):
		return "keys of tags that begin with `aws:` are for AWS, and with `salvo:` for Salvo; take another one"
	}
	return ""
}

func checkTagValue(s string) string {
	if len([]rune(s)) > 256 {
		return "a tag's value has 256 letters at most"
	}
	return ""
}

func checkScript(s string) string {
	switch {
	case path.IsAbs(s), strings.Contains(s, `\`), strings.Contains(s, ":"):
		return quote(s) + ": give the script's path relative to this file, with slashes"
	case path.Clean(s) != strings.TrimPrefix(s, "./") || s == "." || s == "..":
		return quote(s) + " is not the path of a script, such as tests/checkout.yml"
	}
	return ""
}

var (
	rate = regexp.MustCompile(`^rate\(([0-9]+) (minute|minutes|hour|hours|day|days)\)$`)
	cron = regexp.MustCompile(`^cron\(([A-Z0-9*,/?#-]+(?: [A-Z0-9*,/?#-]+){5})\)$`)
)

// checkSchedule knows the two forms that a rule of EventBridge takes.
func checkSchedule(s string) string {
	if m := rate.FindStringSubmatch(s); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil || n == 0 {
			return quote(s) + ": a rate is 1 or more"
		}
		if one := !strings.HasSuffix(m[2], "s"); one != (n == 1) {
			return quote(s) + ": EventBridge wants `rate(1 minute)`, and `rate(5 minutes)` with an s"
		}
		return ""
	}
	if m := cron.FindStringSubmatch(s); m != nil {
		if f := strings.Fields(m[1]); (f[2] == "?") == (f[4] == "?") {
			return quote(s) + ": of the day of the month (third) and the day of the week (fifth) exactly one must be `?`"
		}
		return ""
	}
	return "expected `rate(1 minute)`, or `cron(minute hour day-of-month month day-of-week year)` in UTC; found " + quote(s)
}

func checkEmail(s string) string {
	if a, err := mail.ParseAddress(s); err != nil || a.Address != s {
		return quote(s) + " is not an email address"
	}
	return ""
}

var phone = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

func checkPhone(s string) string {
	if !phone.MatchString(s) {
		return quote(s) + " is not a telephone number with its country, such as \"+4915112345678\" in quotes"
	}
	return ""
}

func checkURL(scheme string) func(string) string {
	return func(s string) string {
		if u, err := url.Parse(s); err != nil || !strings.HasPrefix(s, scheme) || u.Host == "" {
			return fmt.Sprintf("expected a URL that begins with %s, found %s", scheme, quote(s))
		}
		return ""
	}
}
