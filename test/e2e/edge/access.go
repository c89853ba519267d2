//go:build linux

package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v4"
)

// moto lets everybody do everything. So that a role which lacks something fails
// here as it would on AWS, the server holds each request of a function, and each
// of the interpreter of state machines, against the policies of its role: actions,
// resources with wildcards, and the conditions that the stack uses. It knows what
// the steps do; what it does not know it refuses.
type access struct {
	s *Server

	mu       sync.Mutex
	policies map[string][]statement // by the ARNs of roles, as far as they were asked for
	denied   []string
}

// A statement is one of a policy.
type statement struct {
	Effect    string
	Action    texts
	Resource  texts
	Condition map[string]map[string]texts
}

// texts is a text or a list of them.
type texts []string

// UnmarshalJSON implements json.Unmarshaler.
func (t *texts) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*t = texts{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(t))
}

// A demand is what a request needs to be allowed.
type demand struct {
	action, resource string
	context          map[string]string // condition keys
}

// Denied lists what roles were refused so far, each once.
func (s *Server) Denied() []string {
	s.access.mu.Lock()
	defer s.access.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(s.access.denied)))
}

// forget makes the policies be read again.
func (a *access) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.policies)
}

// allows tells whether a role may do something.
func (a *access) allows(ctx context.Context, role string, d demand) (bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	statements, there := a.policies[role]
	if !there {
		var err error
		if statements, err = a.s.readPolicies(ctx, role); err != nil {
			return false, err
		}
		a.policies[role] = statements
	}
	allowed := false
	for _, st := range statements {
		if !st.concerns(d) {
			continue
		}
		if st.Effect == "Deny" {
			return false, nil
		}
		allowed = true
	}
	return allowed, nil
}

func (st statement) concerns(d demand) bool {
	like := func(patterns []string, text string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { return wildcard(p, text) })
	}
	if !like(st.Action, d.action) || !like(st.Resource, d.resource) {
		return false
	}
	for operator, keys := range st.Condition {
		operator, ifExists := strings.CutSuffix(operator, "IfExists")
		for key, want := range keys {
			got, there := d.context[key]
			switch {
			case !there && ifExists:
			case operator == "StringLike" && there && like(want, got):
			case operator == "StringEquals" && there && slices.Contains(want, got):
			default:
				return false
			}
		}
	}
	return true
}

// wildcard matches a pattern of a policy: * is any text, ? any character.
func wildcard(pattern, text string) bool {
	for pattern != "" {
		switch {
		case pattern[0] == '*':
			for i := 0; i <= len(text); i++ {
				if wildcard(pattern[1:], text[i:]) {
					return true
				}
			}
			return false
		case text == "" || pattern[0] != '?' && pattern[0] != text[0]:
			return false
		}
		pattern, text = pattern[1:], text[1:]
	}
	return text == ""
}

// readPolicies reads the policies inside a role.
func (s *Server) readPolicies(ctx context.Context, role string) ([]statement, error) {
	_, name, _ := strings.Cut(role, ":role/")
	name = name[strings.LastIndexByte(name, '/')+1:]
	var list struct {
		Names []string `xml:"ListRolePoliciesResult>PolicyNames>member"`
	}
	if err := s.iam(ctx, &list, url.Values{"Action": {"ListRolePolicies"}, "RoleName": {name}}); err != nil {
		return nil, err
	}
	var all []statement
	for _, policy := range list.Names {
		var got struct {
			Document string `xml:"GetRolePolicyResult>PolicyDocument"`
		}
		if err := s.iam(ctx, &got, url.Values{"Action": {"GetRolePolicy"}, "RoleName": {name}, "PolicyName": {policy}}); err != nil {
			return nil, err
		}
		text, err := url.QueryUnescape(got.Document)
		if err != nil {
			return nil, err
		}
		// A policy of a template comes as Python prints it, which is YAML, as JSON is.
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			return nil, fmt.Errorf("a policy of %s: %w", role, err)
		}
		data, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		var document struct{ Statement []statement }
		if err := json.Unmarshal(data, &document); err != nil {
			return nil, fmt.Errorf("a policy of %s: %w", role, err)
		}
		all = append(all, document.Statement...)
	}
	return all, nil
}

// iam asks moto's IAM, for which there is no client among the dependencies.
func (s *Server) iam(ctx context.Context, out any, form url.Values) error {
	form.Set("Version", "2010-05-08")
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.moto.url+"/", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=edge/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=none")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", form.Get("Action"), resp.Status)
	}
	return xml.NewDecoder(resp.Body).Decode(out)
}

// roles are those that a request may act under, one of which has to allow it; none
// are for requests of users.
func (a *access) roles(r *http.Request) []string {
	if fromInterpreter(r) {
		return a.s.machines.roles()
	}
	_, key, _ := strings.Cut(r.Header.Get("Authorization"), "Credential="+functionKey)
	name, _, signed := strings.Cut(key, "/")
	if !signed {
		return nil
	}
	a.s.lambdas.mu.Lock()
	defer a.s.lambdas.mu.Unlock()
	if fn := a.s.lambdas.functions[name]; fn != nil {
		return []string{fn.role}
	}
	return []string{"the role of a function that is not deployed"}
}

// may tells whether one of the roles allows something, and keeps what none did.
func (a *access) may(ctx context.Context, roles []string, d demand) (bool, error) {
	for _, role := range roles {
		if ok, err := a.allows(ctx, role, d); ok || err != nil {
			return ok, err
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.denied = append(a.denied, fmt.Sprintf("%s: %s on %s", strings.Join(roles, ", "), d.action, d.resource))
	return false, nil
}

// mayLog tells whether Lambda may write logs under a function's role. The ARN of a
// group that a template asks for ends with ":*" on AWS, and not in moto.
func (a *access) mayLog(ctx context.Context, role, action, group string) (bool, error) {
	return a.may(ctx, []string{role}, demand{action: action, resource: "arn:aws:logs:" + a.s.Region + ":" + Account + ":log-group:" + group})
}

// check answers a request that its role does not allow, and tells whether it did.
// Otherwise it hands back what the request is to be answered to.
func (a *access) check(w http.ResponseWriter, r *http.Request) (http.ResponseWriter, func(), bool) {
	none := func() {}
	roles := a.roles(r)
	if roles == nil {
		return w, none, false
	}
	d, err := demandOf(r, a.s.Region)
	allowed := false
	if err == nil {
		allowed, err = a.may(r.Context(), roles, d)
	}
	switch {
	case err != nil:
		a.s.logf("%s %s: %v", r.Method, r.URL.Path, err)
		awsError(w, http.StatusInternalServerError, "InternalFailure", err.Error())
		return w, none, true
	case !allowed:
		deny(w, d)
		return w, none, true
	}
	if d.action != "s3:GetObject" {
		return w, none, false
	}
	// S3 tells that an object is absent only to those who may list the bucket.
	rec := &recorder{header: http.Header{}, status: http.StatusOK}
	return rec, func() {
		if rec.status != http.StatusNotFound {
			rec.copyTo(w)
			return
		}
		bucket, _, _ := strings.Cut(d.resource, "/")
		list := demand{action: "s3:ListBucket", resource: bucket}
		if ok, err := a.may(r.Context(), roles, list); err != nil || !ok {
			deny(w, list)
			return
		}
		rec.copyTo(w)
	}, false
}

func deny(w http.ResponseWriter, d demand) {
	message := "User is not authorized to perform: " + d.action + " on resource: " + d.resource
	if strings.HasPrefix(d.action, "s3:") || strings.HasPrefix(d.action, "sns:") {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusForbidden)
		if strings.HasPrefix(d.action, "sns:") {
			fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>%s</Message></Error></ErrorResponse>", message)
			return
		}
		fmt.Fprintf(w, "<Error><Code>AccessDenied</Code><Message>%s</Message></Error>", message)
		return
	}
	awsError(w, http.StatusBadRequest, "AccessDeniedException", message)
}

// demandOf is what a request needs. It knows what the steps and the interpreter do.
func demandOf(r *http.Request, region string) (demand, error) {
	here := region + ":" + Account + ":"
	unknown := demand{action: service(r) + ":" + r.Method, resource: r.URL.Path}
	switch service(r) {
	case "s3":
		return s3Demand(r), nil
	case "lambda":
		if rest, ok := strings.CutPrefix(r.URL.Path, "/2015-03-31/functions/"); ok && strings.HasSuffix(rest, "/invocations") {
			return demand{action: "lambda:InvokeFunction", resource: "arn:aws:lambda:" + here + "function:" + invokeName(strings.TrimSuffix(rest, "/invocations"))}, nil
		}
		return unknown, nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return demand{}, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var in struct{ Name, SecretId string }
	switch service(r) {
	case "ssm":
		err = json.Unmarshal(body, &in)
		return demand{action: "ssm:" + operation, resource: "arn:aws:ssm:" + here + "parameter/" + strings.TrimPrefix(in.Name, "/")}, err
	case "secretsmanager":
		err = json.Unmarshal(body, &in)
		resource := in.SecretId
		if !strings.HasPrefix(resource, "arn:") {
			resource = "arn:aws:secretsmanager:" + here + "secret:" + resource + "-AbCdEf"
		}
		return demand{action: "secretsmanager:" + operation, resource: resource}, err
	case "sns":
		form, err := url.ParseQuery(string(body))
		return demand{action: "sns:" + form.Get("Action"), resource: form.Get("TopicArn")}, err
	}
	return unknown, nil
}

// s3Demand is what a request to S3 needs, in its path's style.
func s3Demand(r *http.Request) demand {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	q := r.URL.Query()
	d := demand{resource: "arn:aws:s3:::" + bucket + "/" + key}
	switch {
	case key == "" && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		d = demand{action: "s3:ListBucket", resource: "arn:aws:s3:::" + bucket, context: map[string]string{}}
		if q.Has("prefix") {
			d.context["s3:prefix"] = q.Get("prefix")
		}
	case r.Method == http.MethodGet && q.Has("uploadId"):
		d.action = "s3:ListMultipartUploadParts"
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		d.action = "s3:GetObject"
	case r.Method == http.MethodPut || r.Method == http.MethodPost && key != "":
		d.action = "s3:PutObject"
	case r.Method == http.MethodDelete && q.Has("uploadId"):
		d.action = "s3:AbortMultipartUpload"
	default:
		d.action = "s3:DeleteObject"
	}
	return d
}
