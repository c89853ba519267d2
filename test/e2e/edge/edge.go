//go:build linux

package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

// Account is the account that moto takes all callers to be of.
const Account = "123456789012"

// Options say how a Server is to be.
type Options struct {
	Moto        string // path of the program moto_server
	Region      string
	Dir         string // where code is unpacked and the log lies; it has to be there
	Concurrency int    // invocations at once that the account is allowed
}

// A Server is an AWS on this machine, in one region of one account.
type Server struct {
	URL    string // the endpoint of all services
	Region string

	dir         string
	concurrency int
	moto        *moto
	proxy       *httputil.ReverseProxy
	server      *http.Server
	lambdas     *lambdas
	access      *access
	logs        *logWriter
	log         *os.File

	cfn    *cloudformation.Client
	lambda *lambda.Client
	s3     *s3.Client
	sfn    *sfn.Client

	machines machines
	writes   sync.Mutex // held during a conditional write, see serveConditional
	disturb  atomic.Pointer[func(Invocation) Disturbance]
}

// An Invocation is what Disturb is asked about.
type Invocation struct {
	Function string // its name
	N        int    // the how manieth of this function, from 1
	Payload  []byte
}

// A Disturbance is what is to go wrong with an invocation.
type Disturbance struct {
	Throttle  bool          // Lambda refuses it
	KillAfter time.Duration // the process is killed so long after it got the invocation
	HangAfter time.Duration // the process stops running so long after it got the invocation
	Timeout   time.Duration // the function's time limit, instead of the one deployed
}

// Start starts moto and the server before it.
func Start(ctx context.Context, o Options) (*Server, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{
		URL: "http://" + ln.Addr().String(), Region: o.Region, dir: o.Dir, concurrency: o.Concurrency,
	}
	s.access = &access{s: s, policies: map[string][]statement{}}
	s.lambdas = &lambdas{s: s, functions: map[string]*function{}, stats: map[string]*Stats{}}
	if s.log, err = os.Create(filepath.Join(o.Dir, "edge.log")); err != nil {
		ln.Close()
		return nil, err
	}
	if s.moto, err = startMoto(ctx, o.Moto, o.Dir, ln.Addr().(*net.TCPAddr).Port); err != nil {
		ln.Close()
		s.log.Close()
		return nil, err
	}
	cfg := aws.Config{
		Region: o.Region, BaseEndpoint: &s.moto.url,
		Credentials: credentials.NewStaticCredentialsProvider("edge", "edge", ""),
	}
	s.cfn = cloudformation.NewFromConfig(cfg)
	s.lambda = lambda.NewFromConfig(cfg)
	s.s3 = s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	s.sfn = sfn.NewFromConfig(cfg)
	s.logs = startLogs(cloudwatchlogs.NewFromConfig(cfg), s.access.mayLog, s.logf)
	to, err := url.Parse(s.moto.url)
	if err != nil {
		return nil, err
	}
	s.proxy = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host
			r.Out.Header.Del("Expect")
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() == nil {
				s.logf("%s %s: %v", r.Method, r.URL.Path, err)
			}
			awsError(w, http.StatusServiceUnavailable, "ServiceUnavailable", err.Error())
		},
	}
	s.server = &http.Server{Handler: s}
	go s.server.Serve(ln)
	if err := s.machines.interpret(ctx, s, true); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close ends the server, moto and every function.
func (s *Server) Close() {
	s.server.Close()
	s.lambdas.close()
	s.logs.close()
	s.moto.close()
	s.log.Close()
}

// Environ is what a program needs in its environment to take this server for AWS.
func (s *Server) Environ() []string {
	return []string{
		"AWS_ENDPOINT_URL=" + s.URL,
		"AWS_REGION=" + s.Region,
		"AWS_ACCESS_KEY_ID=user",
		"AWS_SECRET_ACCESS_KEY=user",
		"AWS_EC2_METADATA_DISABLED=true",
	}
}

// Disturb makes every later invocation ask f what is to go wrong with it. f runs
// before the invocation does, and at the same time as others. Nil disturbs none.
func (s *Server) Disturb(f func(Invocation) Disturbance) {
	if f == nil {
		s.disturb.Store(nil)
		return
	}
	s.disturb.Store(&f)
}

func (s *Server) disturbance(inv Invocation) Disturbance {
	if f := s.disturb.Load(); f != nil {
		return (*f)(inv)
	}
	return Disturbance{}
}

// Stats tells what became of a function's invocations so far.
func (s *Server) Stats(function string) Stats {
	s.lambdas.mu.Lock()
	defer s.lambdas.mu.Unlock()
	if st := s.lambdas.stats[function]; st != nil {
		return *st
	}
	return Stats{}
}

func (s *Server) logf(format string, args ...any) {
	fmt.Fprintf(s.log, time.Now().Format("15:04:05.000 ")+format+"\n", args...)
}

// ServeHTTP implements http.Handler: the endpoint of all services.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w, finish, answered := s.access.check(w, r)
	if answered {
		return
	}
	defer finish()
	path := r.URL.Path
	if rest, ok := strings.CutPrefix(path, "/2015-03-31/functions/"); ok && r.Method == http.MethodPost {
		if name, ok := strings.CutSuffix(rest, "/invocations"); ok {
			s.lambdas.serveInvoke(w, r, name)
			return
		}
	}
	if path == "/2016-08-19/account-settings" || path == "/2016-08-19/account-settings/" {
		s.serveAccountSettings(w)
		return
	}
	target := r.Header.Get("X-Amz-Target")
	if operation, ok := strings.CutPrefix(target, "AWSStepFunctions."); ok {
		s.machines.serve(w, r, s, operation)
		return
	}
	if r.Method == http.MethodPost && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") && service(r) == "cloudformation" {
		s.serveCloudFormation(w, r)
		return
	}
	if r.Header.Get("If-Match")+r.Header.Get("If-None-Match") != "" {
		s.serveConditional(w, r)
		return
	}
	s.proxy.ServeHTTP(w, r)
}

// serveConditional passes a conditional write on, one at a time: S3 looks at the
// condition and writes in one step, moto in two, between which another may come.
func (s *Server) serveConditional(w http.ResponseWriter, r *http.Request) {
	s.writes.Lock()
	defer s.writes.Unlock()
	s.proxy.ServeHTTP(w, r)
}

// service is the name of the service that a request is signed for.
func service(r *http.Request) string {
	_, scope, ok := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	if !ok {
		return ""
	}
	parts := strings.Split(scope, "/")
	if len(parts) < 4 {
		return ""
	}
	return parts[3]
}

// fromInterpreter tells whether moto's interpreter of state machines sent a
// request, by the key that it signs with.
func fromInterpreter(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Authorization"), "Credential=ak/")
}

// serveAccountSettings answers what moto does not know: the account's limits.
func (s *Server) serveAccountSettings(w http.ResponseWriter) {
	s.lambdas.mu.Lock()
	free := s.concurrency
	for _, fn := range s.lambdas.functions {
		if fn.reserved >= 0 {
			free -= fn.reserved
		}
	}
	s.lambdas.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{
		"AccountLimit": map[string]any{
			"CodeSizeUnzipped": 262144000, "CodeSizeZipped": 52428800, "TotalCodeSize": 80530636800,
			"ConcurrentExecutions": s.concurrency, "UnreservedConcurrentExecutions": free,
		},
		"AccountUsage": map[string]any{"FunctionCount": 0, "TotalCodeSize": 0},
	})
}

// serveCloudFormation passes a request on to moto's CloudFormation. Three things
// differ from AWS there. moto reads a template from the URL of the bucket at
// amazonaws.com, and not at another endpoint, which is what the CDK gives. A
// stack that a change set made has no outputs until it is updated once more. And
// moto makes state machines of stacks in a place where its interpreter does not
// look, so they are taken over after each change.
func (s *Server) serveCloudFormation(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		awsError(w, http.StatusBadRequest, "IncompleteBody", err.Error())
		return
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		awsError(w, http.StatusBadRequest, "MalformedQueryString", err.Error())
		return
	}
	if at := form.Get("TemplateURL"); strings.HasPrefix(at, s.URL+"/") {
		form.Set("TemplateURL", "https://s3."+s.Region+".amazonaws.com/"+strings.TrimPrefix(at, s.URL+"/"))
		body = []byte(form.Encode())
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	changes := false
	switch form.Get("Action") {
	case "CreateStack", "UpdateStack", "DeleteStack", "ExecuteChangeSet":
		changes = true
	}
	if !changes {
		s.proxy.ServeHTTP(w, r)
		return
	}
	rec := &recorder{header: http.Header{}, status: http.StatusOK}
	s.proxy.ServeHTTP(rec, r)
	if form.Get("Action") == "ExecuteChangeSet" && rec.status == http.StatusOK {
		name := form.Get("StackName")
		if _, err := s.cfn.UpdateStack(r.Context(), &cloudformation.UpdateStackInput{StackName: &name, UsePreviousTemplate: aws.Bool(true)}); err != nil {
			s.logf("outputs of %s: %v", name, err)
		}
	}
	if err := s.machines.takeOver(r.Context(), s); err != nil {
		s.logf("take state machines over: %v", err)
		awsError(w, http.StatusInternalServerError, "InternalFailure", err.Error())
		return
	}
	s.lambdas.forget(r.Context())
	s.access.forget()
	rec.copyTo(w)
}

// A recorder keeps an answer of moto.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }

func (r *recorder) copyTo(w http.ResponseWriter) {
	for k, v := range r.header {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Length", strconv.Itoa(r.body.Len()))
	w.WriteHeader(r.status)
	w.Write(r.body.Bytes())
}

// awsError answers with an error in the form of the services that speak JSON.
func awsError(w http.ResponseWriter, status int, typ, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", typ)
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"Type": "User", "message": message, "__type": typ})
}
