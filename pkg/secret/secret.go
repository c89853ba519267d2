// Package secret reads the secrets of scripts where they are kept: parameters of
// AWS Systems Manager, and AWS Secrets Manager.
//
// It owns the form of job.EnvSecrets, and which failures may pass. No value of a
// secret is in an error. That values stay out of results and logs is for those
// who run scripts.
package secret

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"

	"salvo/pkg/job"
)

const (
	// perRequest is how many parameters may be asked for at once.
	perRequest = 10

	// attempts and maxBackoff are for many workers that begin at once: Systems
	// Manager answers 40 requests a second unless an account pays for more.
	attempts   = 12
	maxBackoff = 2 * time.Second
)

// The services, as references name them.
const (
	systemsManager = "ssm"
	secretsManager = "secretsmanager"
)

// reference says where the value of a variable is kept.
type reference struct {
	variable string
	service  string
	id       string // the name of a parameter, the name or ARN of a secret
	key      string // of the JSON object that the secret is; "" when the value is all of it
}

// parse reads the value of job.EnvSecrets; the references come by their variables.
func parse(text string) ([]reference, error) {
	var named map[string]string
	if err := json.Unmarshal([]byte(text), &named); err != nil {
		return nil, fmt.Errorf("%s is not a JSON object of texts: %w", job.EnvSecrets, err)
	}
	var refs []reference
	for _, variable := range slices.Sorted(maps.Keys(named)) {
		r := reference{variable: variable}
		r.service, r.id, _ = strings.Cut(named[variable], ":")
		keyed := false
		if r.service == secretsManager {
			r.id, r.key, keyed = strings.Cut(r.id, "#")
		}
		if r.service != systemsManager && r.service != secretsManager || r.id == "" || keyed && r.key == "" {
			return nil, fmt.Errorf(`the secret of %s is %q; want "ssm:<name>" or "secretsmanager:<name or ARN>", which may end in "#<key>"`, variable, named[variable])
		}
		refs = append(refs, r)
	}
	return refs, nil
}

// Resolve returns the values of the secrets that references names, by their
// variables. The form of references is that of job.EnvSecrets; "" names none. The
// error is a *job.BadRequest for what a user has to change, and a *job.StoreFailed
// for what may pass; it names the variable and the secret.
func Resolve(ctx context.Context, c aws.Config, references string) (map[string]string, error) {
	if references == "" {
		return nil, nil
	}
	refs, err := parse(references)
	if err != nil {
		return nil, &job.BadRequest{Message: err.Error()}
	}
	if c.Retryer == nil {
		c.Retryer = func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = attempts, maxBackoff })
		}
	}
	values := map[string]string{}
	if err := readParameters(ctx, c, refs, values); err != nil {
		return nil, err
	}
	if err := readSecrets(ctx, c, refs, values); err != nil {
		return nil, err
	}
	return values, nil
}

// readParameters reads those that Systems Manager keeps.
func readParameters(ctx context.Context, c aws.Config, refs []reference, values map[string]string) error {
	refs = slices.DeleteFunc(slices.Clone(refs), func(r reference) bool { return r.service != systemsManager })
	if len(refs) == 0 {
		return nil
	}
	client := ssm.NewFromConfig(c)
	for batch := range slices.Chunk(refs, perRequest) {
		var names []string
		for _, r := range batch {
			if !slices.Contains(names, r.id) {
				names = append(names, r.id)
			}
		}
		out, err := client.GetParameters(ctx, &ssm.GetParametersInput{Names: names, WithDecryption: aws.Bool(true)})
		if err != nil {
			return batch[0].failed(err)
		}
		found := map[string]string{}
		for _, p := range out.Parameters {
			// A parameter may be asked for by its name or its ARN, and with ":<version or label>".
			selector, value := aws.ToString(p.Selector), aws.ToString(p.Value)
			found[aws.ToString(p.Name)+selector], found[aws.ToString(p.ARN)+selector] = value, value
		}
		for _, r := range batch {
			value, there := found[r.id]
			if !there {
				return r.refused("there is no such parameter in " + c.Region)
			}
			values[r.variable] = value
		}
	}
	return nil
}

// readSecrets reads those that Secrets Manager keeps, each once.
func readSecrets(ctx context.Context, c aws.Config, refs []reference, values map[string]string) error {
	client := secretsmanager.NewFromConfig(c)
	read := map[string]string{}
	for _, r := range refs {
		if r.service != secretsManager {
			continue
		}
		text, there := read[r.id]
		if !there {
			out, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &r.id})
			if err != nil {
				return r.failed(err)
			}
			if out.SecretString == nil {
				return r.refused("it is binary, and scripts take texts")
			}
			text = *out.SecretString
			read[r.id] = text
		}
		if r.key != "" {
			var problem string
			if text, problem = member(text, r.key); problem != "" {
				return r.refused(problem)
			}
		}
		values[r.variable] = text
	}
	return nil
}

// member is what a JSON object has under a key: a text as it is, anything else as JSON.
func member(object, key string) (value, problem string) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(object), &members); err != nil {
		return "", "it is not a JSON object, so it has no keys" // the JSON error would show a part of it
	}
	raw, there := members[key]
	if !there || string(raw) == "null" {
		return "", fmt.Sprintf("it has no key %q", key)
	}
	if json.Unmarshal(raw, &value) == nil {
		return value, ""
	}
	return string(raw), ""
}

func (r reference) String() string {
	text := fmt.Sprintf("the secret of %s, %s:%s", r.variable, r.service, r.id)
	if r.key != "" {
		text += "#" + r.key
	}
	return text
}

func (r reference) refused(why string) error {
	return &job.BadRequest{Message: fmt.Sprintf("%v: %s", r, why)}
}

// failed tells what a service answered. An answer that puts the blame on the
// request will not change; all else may pass.
func (r reference) failed(err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return &job.StoreFailed{Message: fmt.Sprintf("%v: %v", r, err)}
	}
	text := fmt.Sprintf("%v: %s: %s", r, api.ErrorCode(), api.ErrorMessage())
	if passes := retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary; passes || api.ErrorFault() == smithy.FaultServer {
		return &job.StoreFailed{Message: text}
	}
	return &job.BadRequest{Message: text}
}
