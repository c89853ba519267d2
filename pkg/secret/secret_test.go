package secret

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"salvo/pkg/job"
	"salvo/test/moto"
)

// value is in every secret of the tests, and must be in no error.
const value = "hunter2"

// kept fills moto with parameters and secrets.
func kept(t *testing.T, c aws.Config) (secretARN string) {
	t.Helper()
	parameters := ssm.NewFromConfig(c)
	put := func(name, text string, kind types.ParameterType) {
		t.Helper()
		_, err := parameters.PutParameter(t.Context(), &ssm.PutParameterInput{Name: &name, Value: &text, Type: kind, Overwrite: aws.Bool(true)})
		if err != nil {
			t.Fatal(err)
		}
	}
	put("/salvo/token", value+"-token", types.ParameterTypeSecureString)
	put("plain", value+"-plain", types.ParameterTypeString)
	for i := range 13 {
		put(fmt.Sprintf("/many/%d", i), fmt.Sprint(value, "-", i), types.ParameterTypeSecureString)
	}
	secrets := secretsmanager.NewFromConfig(c)
	create := func(in *secretsmanager.CreateSecretInput) string {
		t.Helper()
		out, err := secrets.CreateSecret(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		return *out.ARN
	}
	create(&secretsmanager.CreateSecretInput{Name: aws.String("text"), SecretString: aws.String(value)})
	create(&secretsmanager.CreateSecretInput{Name: aws.String("binary"), SecretBinary: []byte(value)})
	return create(&secretsmanager.CreateSecretInput{
		Name:         aws.String("database"),
		SecretString: aws.String(`{"user": "salvo", "password": "` + value + `", "port": 5432, "gone": null, "empty": ""}`),
	})
}

func TestResolve(t *testing.T) {
	c := moto.Config(t)
	arn := kept(t, c)
	many, manyValues := map[string]string{}, map[string]string{}
	for i := range 13 {
		many[fmt.Sprint("MANY_", i)] = fmt.Sprint("ssm:/many/", i)
		manyValues[fmt.Sprint("MANY_", i)] = fmt.Sprint(value, "-", i)
	}
	tests := []struct {
		name string
		refs map[string]string
		want map[string]string
	}{
		{"none", nil, nil},
		{"an encrypted parameter", map[string]string{"T": "ssm:/salvo/token"}, map[string]string{"T": value + "-token"}},
		{"a plain parameter", map[string]string{"P": "ssm:plain"}, map[string]string{"P": value + "-plain"}},
		{"a parameter by its ARN", map[string]string{"P": "ssm:arn:aws:ssm:eu-central-1:123456789012:parameter/plain"}, map[string]string{"P": value + "-plain"}},
		{"a parameter for two variables", map[string]string{"A": "ssm:plain", "B": "ssm:plain"}, map[string]string{"A": value + "-plain", "B": value + "-plain"}},
		{"more parameters than one request takes", many, manyValues},
		{"a secret", map[string]string{"S": "secretsmanager:text"}, map[string]string{"S": value}},
		{"a secret by its ARN", map[string]string{"S": "secretsmanager:" + arn + "#user"}, map[string]string{"S": "salvo"}},
		{"keys of a secret", map[string]string{"U": "secretsmanager:database#user", "P": "secretsmanager:database#port", "E": "secretsmanager:database#empty"},
			map[string]string{"U": "salvo", "P": "5432", "E": ""}},
		{"both services", map[string]string{"S": "secretsmanager:text", "T": "ssm:/salvo/token"}, map[string]string{"S": value, "T": value + "-token"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Resolve(t.Context(), c, encode(test.refs))
			if err != nil || !maps.Equal(got, test.want) {
				t.Errorf("%v, %v; want %v", got, err, test.want)
			}
		})
	}
}

// encode writes references as the stack does.
func encode(refs map[string]string) string {
	var entries []string
	for name, ref := range refs {
		entries = append(entries, fmt.Sprintf("%q: %q", name, ref))
	}
	if len(entries) == 0 {
		return ""
	}
	return "{" + strings.Join(entries, ", ") + "}"
}

func TestResolveRefuses(t *testing.T) {
	c := moto.Config(t)
	kept(t, c)
	tests := []struct{ name, refs, want string }{
		{"no JSON", `ssm:/x`, "SALVO_SECRETS is not a JSON object of texts: invalid character 's' looking for beginning of value"},
		{"no text", `{"A": 1}`, "SALVO_SECRETS is not a JSON object of texts: json: cannot unmarshal number into Go value of type string"},
		{"no such service", `{"A": "vault:x"}`, `the secret of A is "vault:x"; want "ssm:<name>" or "secretsmanager:<name or ARN>", which may end in "#<key>"`},
		{"no name", `{"A": "ssm:"}`, `the secret of A is "ssm:"; want "ssm:<name>" or "secretsmanager:<name or ARN>", which may end in "#<key>"`},
		{"no key", `{"A": "secretsmanager:x#"}`, `the secret of A is "secretsmanager:x#"; want "ssm:<name>" or "secretsmanager:<name or ARN>", which may end in "#<key>"`},
		{"no such parameter", `{"A": "ssm:plain", "B": "ssm:/none"}`, "the secret of B, ssm:/none: there is no such parameter in eu-central-1"},
		{"no such secret", `{"A": "secretsmanager:none"}`, "the secret of A, secretsmanager:none: ResourceNotFoundException: Secrets Manager can't find the specified secret."},
		{"a binary secret", `{"A": "secretsmanager:binary"}`, "the secret of A, secretsmanager:binary: it is binary, and scripts take texts"},
		{"no such key", `{"A": "secretsmanager:database#pass"}`, `the secret of A, secretsmanager:database#pass: it has no key "pass"`},
		{"a key without a value", `{"A": "secretsmanager:database#gone"}`, `the secret of A, secretsmanager:database#gone: it has no key "gone"`},
		{"a key of a text", `{"A": "secretsmanager:text#password"}`, "the secret of A, secretsmanager:text#password: it is not a JSON object, so it has no keys"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Resolve(t.Context(), c, test.refs)
			if bad, ok := err.(*job.BadRequest); !ok || bad.Message != test.want || got != nil {
				t.Errorf("%v, %T: %v\nwant %s", got, err, err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), value) {
				t.Error("the error shows the secret")
			}
		})
	}
}

// service answers each request with the same.
type service struct {
	status int
	body   string
}

func (s service) Do(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: s.status, Request: r, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}},
		Body: io.NopCloser(strings.NewReader(s.body)),
	}, nil
}

// played is a configuration whose services answer so, once.
func played(status int, body string) aws.Config {
	return aws.Config{
		Region: "eu-central-1", HTTPClient: service{status, body}, Credentials: aws.AnonymousCredentials{},
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
}

// Moto leaves out by which version or label a parameter was asked for.
func TestVersions(t *testing.T) {
	c := played(http.StatusOK, `{"Parameters": [
		{"Name": "p", "Selector": ":1", "Value": "first", "ARN": "arn:aws:ssm:eu-central-1:123456789012:parameter/p"},
		{"Name": "p", "Selector": ":live", "Value": "live", "ARN": "arn:aws:ssm:eu-central-1:123456789012:parameter/p"},
		{"Name": "p", "Value": "latest", "ARN": "arn:aws:ssm:eu-central-1:123456789012:parameter/p"}]}`)
	got, err := Resolve(t.Context(), c, `{"A": "ssm:p:1", "B": "ssm:p:live", "C": "ssm:p", "D": "ssm:arn:aws:ssm:eu-central-1:123456789012:parameter/p:live"}`)
	if want := map[string]string{"A": "first", "B": "live", "C": "latest", "D": "live"}; err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
}

func TestWhatMayPass(t *testing.T) {
	tests := []struct {
		code   string
		status int
		passes bool
	}{
		{"ThrottlingException", http.StatusBadRequest, true},
		{"InternalServerError", http.StatusInternalServerError, true},
		{"InternalServiceError", http.StatusInternalServerError, true},
		{"AccessDeniedException", http.StatusBadRequest, false},
		{"DecryptionFailure", http.StatusBadRequest, false},
		{"UnrecognizedClientException", http.StatusBadRequest, false},
	}
	for _, ref := range []string{"ssm:/x", "secretsmanager:x"} {
		for _, test := range tests {
			t.Run(ref+" "+test.code, func(t *testing.T) {
				_, err := Resolve(t.Context(), played(test.status, `{"__type": "`+test.code+`", "message": "no"}`), `{"A": "`+ref+`"}`)
				_, passes := err.(*job.StoreFailed)
				_, refused := err.(*job.BadRequest)
				if want := "the secret of A, " + ref + ": " + test.code + ": no"; passes != test.passes || refused == test.passes || err.Error() != want {
					t.Errorf("%T: %v", err, err)
				}
			})
		}
	}
	t.Run("no time left", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := Resolve(ctx, aws.Config{Region: "eu-central-1"}, `{"A": "ssm:x"}`)
		var failed *job.StoreFailed
		if !errors.As(err, &failed) {
			t.Errorf("%T: %v", err, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(`{"A": "ssm:/x", "B": "secretsmanager:arn:aws:secretsmanager:eu-central-1:1:secret:x-1#k"}`)
	f.Add(`{"A": ""}`)
	f.Fuzz(func(t *testing.T, text string) {
		refs, err := parse(text)
		for _, r := range refs {
			if err != nil || r.id == "" || r.service != systemsManager && r.service != secretsManager {
				t.Errorf("%+v, %v", r, err)
			}
		}
	})
}
