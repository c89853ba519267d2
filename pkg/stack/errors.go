package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Kind says what is wrong, for those who do something about it.
type Kind int

// The kinds of Error.
const (
	Other         Kind = iota
	NoCredentials      // nobody said who is asking, or AWS does not know them
	NoRegion           // nobody said where
	Expired            // the credentials were good once
	Denied             // AWS knows who is asking, and does not let them
	NotFound           // the stack, or the run
	NotUsable          // the stack is there and cannot run anything
	Throttled          // also after several attempts
	Unreachable        // no answer came, or that AWS itself has failed
)

// Error is an error of AWS in one line: what is wrong, and a way out.
type Error struct {
	Kind Kind
	text string
	err  error // the SDK's
}

// Error implements error.
func (e *Error) Error() string { return e.text }

// Unwrap gives the SDK's error.
func (e *Error) Unwrap() error { return e.err }

// KindOf is the kind of an Error, Other for all other errors.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Other
}

// identity is who asks, and where.
type identity struct {
	profile, region string
	account, arn    string // found out when somebody needs to know
	config          aws.Config
}

// lookTime bounds the question who is asking, which only makes a message better.
const lookTime = 5 * time.Second

func (i *identity) look(ctx context.Context) {
	if i.arn != "" || i.config.Credentials == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTime)
	defer cancel()
	out, err := sts.NewFromConfig(i.config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return
	}
	i.account, i.arn = aws.ToString(out.Account), aws.ToString(out.Arn)
}

// place names account and region, as far as they are known.
func (i *identity) place(ctx context.Context) string {
	if i.account == "" {
		i.look(ctx)
	}
	if i.account == "" {
		return "region " + i.region
	}
	return "account " + i.account + ", region " + i.region
}

// login is how new credentials are got.
func (i *identity) login() string {
	if i.profile != "" {
		return "aws sso login --profile " + i.profile
	}
	return "aws sso login"
}

// noCredentials explains why the default chain came to nothing.
func (i *identity) noCredentials(err error) error {
	var token *ssocreds.InvalidTokenError
	if errors.As(err, &token) || isExpired(err) {
		return i.expired(err)
	}
	ways := "set AWS_PROFILE or give --profile, log in with `aws sso login`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
	if i.profile != "" {
		return &Error{NoCredentials, fmt.Sprintf("the profile %s gives no AWS credentials (%s); log in with `%s`, or give another --profile", i.profile, innermost(err), i.login()), err}
	}
	return &Error{NoCredentials, "there are no AWS credentials; " + ways, err}
}

func (i *identity) expired(err error) error {
	return &Error{Expired, fmt.Sprintf("the AWS credentials have expired; get new ones, for example with `%s`, and try again", i.login()), err}
}

// explain turns an error of the SDK into an Error. What is none stays as it is.
func (i *identity) explain(ctx context.Context, err error) error {
	var done *Error
	if err == nil || errors.As(err, &done) || errors.Is(err, context.Canceled) {
		return err
	}
	var profile config.SharedConfigProfileNotExistError
	if errors.As(err, &profile) {
		return &Error{NoCredentials, fmt.Sprintf("there is no profile %s in your AWS configuration; `aws configure list-profiles` lists those that are", profile.Profile), err}
	}
	var token *ssocreds.InvalidTokenError
	if errors.As(err, &token) || isExpired(err) {
		return i.expired(err)
	}
	if strings.Contains(err.Error(), "failed to refresh cached credentials") || strings.Contains(err.Error(), "get credentials:") {
		return i.noCredentials(err) // the SDK has no type for it
	}
	var throttle retry.ThrottleErrorCode
	throttle.Codes = retry.DefaultThrottleErrorCodes
	if throttle.IsErrorThrottle(err) == aws.TrueTernary {
		return &Error{Throttled, fmt.Sprintf("AWS throttles %s in %s, also after several attempts; try again in a minute", operation(err), i.place(ctx)), err}
	}
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) && response.HTTPStatusCode() >= http.StatusInternalServerError {
		return &Error{Unreachable, fmt.Sprintf("AWS answers %s in %s with status %d, also after several attempts; try again in a minute", operation(err), i.place(ctx), response.HTTPStatusCode()), err}
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		return i.explainAPI(ctx, api, err)
	}
	var send *smithyhttp.RequestSendError
	var network net.Error
	if errors.As(err, &send) || errors.As(err, &network) {
		return &Error{Unreachable, fmt.Sprintf("AWS cannot be reached in region %s (%s); look at the network, the region's name and AWS_ENDPOINT_URL", i.region, unreached(err)), err}
	}
	return err
}

func (i *identity) explainAPI(ctx context.Context, api smithy.APIError, err error) error {
	switch code := api.ErrorCode(); code {
	case "UnrecognizedClientException", "InvalidClientTokenId", "SignatureDoesNotMatch", "InvalidSignatureException",
		"IncompleteSignature", "IncompleteSignatureException", "MissingAuthenticationToken", "MissingAuthenticationTokenException", "AuthFailure", "InvalidAccessKeyId":
		return &Error{NoCredentials, fmt.Sprintf("AWS does not accept the credentials in region %s (%s); look at AWS_PROFILE, --profile, the keys, and whether the account uses this region", i.region, code), err}
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized":
		i.look(ctx)
		who := i.arn
		if who == "" {
			who = "this user"
		}
		return &Error{Denied, fmt.Sprintf("%s may not do %s in %s: %s; is it the right account? Else ask for the permission", who, operation(err), i.place(ctx), sentence(api.ErrorMessage())), err}
	case "ExecutionDoesNotExist":
		return &Error{NotFound, "there is no such run; `salvo runs` lists those that are", err}
	case "StateMachineDoesNotExist", "StateMachineDeleting":
		return &Error{NotUsable, "the state machine of the stack is gone; deploy it again with: salvo deploy", err}
	case "ExecutionLimitExceeded":
		return &Error{Throttled, "the account has as many executions of state machines as AWS allows; stop some, or try again later", err}
	default:
		return &Error{Other, fmt.Sprintf("%s in %s: %s: %s", operation(err), i.place(ctx), code, sentence(api.ErrorMessage())), err}
	}
}

// isExpired tells the errors of credentials whose time is over.
func isExpired(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	switch api.ErrorCode() {
	case "ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired", "UnauthorizedException", "InvalidGrantException":
		return true
	}
	return false
}

// isMissing tells CloudFormation's answer for a stack that is not there.
func isMissing(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "ValidationError" && strings.Contains(api.ErrorMessage(), "does not exist")
}

// operation names what was asked of AWS: "cloudformation:DescribeStacks".
func operation(err error) string {
	var o *smithy.OperationError
	if !errors.As(err, &o) {
		return "the request"
	}
	service := map[string]string{"SFN": "states", "CloudWatch Logs": "logs"}[o.Service()]
	if service == "" {
		service = strings.ToLower(strings.ReplaceAll(o.Service(), " ", ""))
	}
	return service + ":" + o.Operation()
}

// unreached says why no answer came.
func unreached(err error) string {
	var name *net.DNSError
	var operation *net.OpError
	switch {
	case errors.As(err, &name):
		return sentence(name.Error())
	case errors.As(err, &operation):
		return innermost(operation)
	default:
		return innermost(err)
	}
}

// innermost is the error that all others are about.
func innermost(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return sentence(err.Error())
		}
		err = next
	}
}

// sentence is a text that can stand in a line.
func sentence(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if s == "" {
		return "it gave no reason"
	}
	return strings.TrimRight(s, ".")
}
