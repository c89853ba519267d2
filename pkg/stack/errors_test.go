package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// answer is an error as AWS gives it to an operation.
func answer(service, operation, code, message string) error {
	return &smithy.OperationError{ServiceID: service, OperationName: operation, Err: &smithy.GenericAPIError{Code: code, Message: message}}
}

func TestExplain(t *testing.T) {
	who := identity{region: "eu-west-1", account: "123456789012", arn: "arn:aws:iam::123456789012:user/ann"}
	profiled := who
	profiled.profile = "work"
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	tests := []struct {
		name string
		who  identity
		err  error
		kind Kind
		want string
	}{
		{
			name: "no permission", kind: Denied,
			err:  answer("CloudFormation", "DescribeStacks", "AccessDenied", "User is not authorized to perform: cloudformation:DescribeStacks."),
			want: "arn:aws:iam::123456789012:user/ann may not do cloudformation:DescribeStacks in account 123456789012, region eu-west-1: User is not authorized to perform: cloudformation:DescribeStacks; is it the right account? Else ask for the permission",
		},
		{
			name: "no permission, by another service", kind: Denied,
			err:  answer("SFN", "StartExecution", "AccessDeniedException", ""),
			want: "arn:aws:iam::123456789012:user/ann may not do states:StartExecution in account 123456789012, region eu-west-1: it gave no reason; is it the right account? Else ask for the permission",
		},
		{
			name: "an expired token", kind: Expired,
			err:  answer("S3", "PutObject", "ExpiredToken", "The provided token has expired."),
			want: "the AWS credentials have expired; get new ones, for example with `aws sso login`, and try again",
		},
		{
			name: "an expired session of a profile", kind: Expired, who: profiled,
			err:  fmt.Errorf("operation error: get credentials: %w", &ssocreds.InvalidTokenError{Err: errors.New("cached SSO token is expired")}),
			want: "the AWS credentials have expired; get new ones, for example with `aws sso login --profile work`, and try again",
		},
		{
			name: "unknown keys", kind: NoCredentials,
			err:  answer("STS", "GetCallerIdentity", "InvalidClientTokenId", "The security token included in the request is invalid."),
			want: "AWS does not accept the credentials in region eu-west-1 (InvalidClientTokenId); look at AWS_PROFILE, --profile, the keys, and whether the account uses this region",
		},
		{
			name: "credentials that are gone in the middle", kind: NoCredentials,
			err:  fmt.Errorf("operation error SFN: get identity: get credentials: %w", errors.New("failed to refresh cached credentials, no EC2 IMDS role found")),
			want: "there are no AWS credentials; set AWS_PROFILE or give --profile, log in with `aws sso login`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
		},
		{
			name: "credentials of a profile that are gone", kind: NoCredentials, who: profiled,
			err:  fmt.Errorf("failed to refresh cached credentials, %w", errors.New("exit status 1")),
			want: "the profile work gives no AWS credentials (exit status 1); log in with `aws sso login --profile work`, or give another --profile",
		},
		{
			name: "an unknown profile", kind: NoCredentials,
			err:  config.SharedConfigProfileNotExistError{Filename: []string{"/home/ann/.aws/config"}, Profile: "werk"},
			want: "there is no profile werk in your AWS configuration; `aws configure list-profiles` lists those that are",
		},
		{
			name: "throttling", kind: Throttled,
			err:  answer("SFN", "DescribeExecution", "ThrottlingException", "Rate exceeded"),
			want: "AWS throttles states:DescribeExecution in account 123456789012, region eu-west-1, also after several attempts; try again in a minute",
		},
		{
			name: "no network", kind: Unreachable,
			err: &smithy.OperationError{ServiceID: "CloudFormation", OperationName: "DescribeStacks", Err: &smithyhttp.RequestSendError{
				Err: &url.Error{Op: "Post", URL: "https://cloudformation.eu-west-1.amazonaws.com/", Err: refused}}},
			want: "AWS cannot be reached in region eu-west-1 (connection refused); look at the network, the region's name and AWS_ENDPOINT_URL",
		},
		{
			name: "no network, and no more attempts", kind: Unreachable,
			err:  fmt.Errorf("%w; %w", errors.New("retry quota exceeded"), &smithyhttp.RequestSendError{Err: refused}),
			want: "AWS cannot be reached in region eu-west-1 (connection refused); look at the network, the region's name and AWS_ENDPOINT_URL",
		},
		{
			name: "no such host", kind: Unreachable,
			err:  &smithyhttp.RequestSendError{Err: &net.DNSError{Err: "no such host", Name: "sts.eu-wst-1.amazonaws.com", IsNotFound: true}},
			want: "AWS cannot be reached in region eu-west-1 (lookup sts.eu-wst-1.amazonaws.com: no such host); look at the network, the region's name and AWS_ENDPOINT_URL",
		},
		{
			name: "a fault of AWS", kind: Unreachable,
			err: &smithy.OperationError{ServiceID: "SFN", OperationName: "DescribeExecution", Err: &smithyhttp.ResponseError{
				Response: &smithyhttp.Response{Response: &http.Response{StatusCode: 503}}, Err: &smithy.GenericAPIError{Code: "UnknownError"}}},
			want: "AWS answers states:DescribeExecution in account 123456789012, region eu-west-1 with status 503, also after several attempts; try again in a minute",
		},
		{
			name: "a state machine that is gone", kind: NotUsable,
			err:  answer("SFN", "StartExecution", "StateMachineDoesNotExist", "State Machine Does Not Exist"),
			want: "the state machine of the stack is gone; deploy it again with: salvo deploy",
		},
		{
			name: "what nobody thought of", kind: Other,
			err:  answer("CloudWatch Logs", "FilterLogEvents", "InternalError", "It broke.\nBadly."),
			want: "logs:FilterLogEvents in account 123456789012, region eu-west-1: InternalError: It broke. Badly",
		},
		{name: "not of AWS", kind: Other, err: errors.New("the disk is full"), want: "the disk is full"},
		{name: "explained already", kind: NotFound, err: fmt.Errorf("x: %w", &Error{Kind: NotFound, text: "no stack"}), want: "x: no stack"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := test.who
			if w.region == "" {
				w = who
			}
			err := w.explain(t.Context(), test.err)
			if err.Error() != test.want || KindOf(err) != test.kind {
				t.Errorf("kind %d, want %d:\n%s\nwant:\n%s", KindOf(err), test.kind, err, test.want)
			}
			var e *Error
			if errors.As(err, &e) && test.kind != NotFound && e.Unwrap() == nil {
				t.Error("the SDK's error is lost")
			}
		})
	}
	if err := who.explain(t.Context(), nil); err != nil {
		t.Errorf("nil becomes %v", err)
	}
	if err := who.explain(t.Context(), fmt.Errorf("x: %w", context.Canceled)); !errors.Is(err, context.Canceled) || KindOf(err) != Other {
		t.Errorf("a cancelled request becomes %v", err)
	}
}

// bare leaves nothing in the environment by which the SDK finds something.
func bare(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", dir+"/config")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", dir+"/credentials")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

func TestOpenWithoutConfiguration(t *testing.T) {
	tests := []struct {
		name    string
		env     map[string]string
		options Options
		kind    Kind
		want    string
	}{
		{"no region", map[string]string{"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}, Options{}, NoRegion, "no AWS region is set; give --region"},
		{"no credentials", nil, Options{Region: "eu-west-1"}, NoCredentials, "there are no AWS credentials; set AWS_PROFILE"},
		{"an unknown profile", nil, Options{Region: "eu-west-1", Profile: "werk"}, NoCredentials, "there is no profile werk in your AWS configuration; "},
		{
			"nobody there", map[string]string{"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1"},
			Options{Region: "eu-west-1"}, Unreachable, "AWS cannot be reached in region eu-west-1 (connection refused)",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bare(t)
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			_, err := Open(t.Context(), test.options)
			if err == nil || !strings.HasPrefix(err.Error(), test.want) || KindOf(err) != test.kind {
				t.Errorf("kind %d: %v", KindOf(err), err)
			}
		})
	}
}

func TestFunctionError(t *testing.T) {
	for cause, want := range map[string]string{
		`{"errorMessage":"no such script","errorType":"BadRequest"}`: "no such script",
		`{"errorMessage": 5}`:  `{"errorMessage": 5}`,
		"The run was complete": "The run was complete",
	} {
		if got := functionError(cause); got != want {
			t.Errorf("%s: %s", cause, got)
		}
	}
}
